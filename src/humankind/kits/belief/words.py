"""Names, rooms, things and places for stories, in two banks that share no word."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Literal

Split = Literal["train", "test"]


@dataclass(frozen=True)
class Words:
    """One bank. A place is an adjective and a noun, such as `oak crate`."""

    names: tuple[str, ...]
    rooms: tuple[str, ...]
    things: tuple[str, ...]
    adjectives: tuple[str, ...]
    open_nouns: tuple[str, ...]
    """Places into which anybody in the room can see."""
    lidded_nouns: tuple[str, ...]
    """Places into which nobody can see from outside."""
    causes: tuple[str, ...]
    """What moves a thing without anybody's doing."""

    @cached_property
    def open_places(self) -> tuple[str, ...]:
        return tuple(f"{adjective} {noun}" for adjective, noun in product(self.adjectives, self.open_nouns))

    @cached_property
    def lidded_places(self) -> tuple[str, ...]:
        return tuple(f"{adjective} {noun}" for adjective, noun in product(self.adjectives, self.lidded_nouns))


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


WORDS: dict[Split, Words] = {
    "train": Words(
        names=_split(
            "Ada, Bruno, Celia, Dario, Edith, Farid, Greta, Hugo, Ingrid, Jonas, Karim, Lena, Marta, Nils, Olga, Pablo,"
            "Quinn, Rosa, Samir, Tilda, Ugo, Vera, Walter, Xenia, Yusuf, Zelda, Amir, Bella, Carlo, Dora, Emil, Flora,"
            "Gideon, Hana, Ivo, Judith, Klaus, Luisa, Marek, Nora"
        ),
        rooms=_split(
            "kitchen, attic, library, garage, cellar, workshop, greenhouse, hallway, nursery, laundry, chapel, gym,"
            "canteen, veranda, archive, stable"
        ),
        things=_split(
            "key, lemon, scarf, marble, compass, whistle, candle, stamp, brush, ribbon, thimble, walnut, ticket, medal,"
            "spoon, dice, feather, button, magnet, pear, locket, puppet, radish, torch"
        ),
        adjectives=_split("red, oak, round, striped, dusty, copper, narrow, painted, velvet, silver"),
        open_nouns=_split("basket, tray, bowl, crate, shelf, rack, bucket, dish"),
        lidded_nouns=_split("box, chest, tin, drawer, suitcase, cabinet, jar, pouch"),
        causes=_split("the cat, a gust of wind, the cleaning robot, a clumsy puppy, a falling broom"),
    ),
    "test": Words(
        names=_split(
            "Aisha, Bjorn, Clara, Dmitri, Elena, Felix, Gloria, Hassan, Irene, Jorge, Keiko, Lorenz, Miriam, Naoki,"
            "Ophelia, Pedro, Rahel, Stefan, Teresa, Umberto, Viola, Wanda, Ximena, Yara, Zoltan, Anton, Beatrix,"
            "Cosima, Darius, Esther, Fabian, Gudrun, Henrik, Ilse, Joana, Kolja, Leonie, Mateo, Ronja, Tariq"
        ),
        rooms=_split(
            "pantry, studio, lounge, barn, office, ballroom, bakery, conservatory, dormitory, foyer, museum, shed,"
            "surgery, boathouse, theatre, vault"
        ),
        things=_split(
            "coin, orange, glove, pebble, watch, flute, lantern, letter, comb, bracelet, needle, hazelnut, map, badge,"
            "fork, chess piece, shell, zip, lens, plum, brooch, doll, turnip, lamp"
        ),
        adjectives=_split("blue, pine, square, spotted, shiny, brass, wide, carved, leather, golden"),
        open_nouns=_split("hamper, platter, plate, trolley, bench, stand, tub, saucer"),
        lidded_nouns=_split("trunk, casket, canister, cupboard, briefcase, locker, urn, purse"),
        causes=_split("the parrot, a passing lorry, the vacuum cleaner, a playful monkey, an earth tremor"),
    ),
}
