"""From tables to a cohort, with the funnel of what was left out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from humankind.spine.errors import ConfigError, DataError
from humankind.systems.medication.data import Cohort
from humankind.systems.medication.funnel import Dropped, Funnel, TableFunnel
from humankind.systems.medication.prepare_config import PrepareConfig
from humankind.systems.medication.readers import Part, Reading
from humankind.systems.medication.store import save_cohort
from humankind.systems.medication.tables import ROW, collected_together

if TYPE_CHECKING:
    import polars as pl

SOURCES = ("mimic3", "mimic4", "eicu", "omop", "csv")
_SHOWN = 3  # examples of dropped values that the funnel quotes


@dataclass(frozen=True)
class Prepared:
    """A cohort and how it came about."""

    cohort: Cohort
    funnel: Funnel

    def save(self, folder: Path) -> Path:
        """Write the cohort with its funnel into a new folder, whole or not at all."""
        return save_cohort(self.cohort, folder, {"funnel": self.funnel.model_dump()})


def prepare(path: Path, source: str, config: PrepareConfig | None = None) -> Prepared:
    """Return the cohort of tables and the funnel.

    Args:
        path: folder of tables; for `csv` a file.
        source: one of SOURCES.
        config: which visits are kept.

    Raises:
        ConfigError: the source is unknown, or a setting is not for it.
        DataError: a table, column or file is missing or broken, or nothing is left.
    """
    config = config or PrepareConfig()
    reading = _read(path, source, config)
    frames, tables = [], list(reading.tables)
    for part in reading.parts:
        rows, funnel = _counted(part)
        frames.append(rows)
        tables.append(funnel)
    return _put_together(frames, tables, reading, source, config, path)


def _read(path: Path, source: str, config: PrepareConfig) -> Reading:
    from importlib import import_module

    if source not in SOURCES:
        raise ConfigError("there is no such layout", found=repr(source), where="--from", expected=", ".join(SOURCES))
    of_mimic = source.startswith("mimic")
    module = import_module(f"humankind.systems.medication.readers_{'mimic' if of_mimic else source}")
    reader = getattr(module, f"read_{source}")
    if of_mimic:
        return reader(path, config.first_hours)
    if config.first_hours:
        raise ConfigError(
            "only MIMIC tables are cut by the hour",
            found=f"first_hours={config.first_hours:g}",
            where=f"--from {source}",
        )
    return reader(path)


def _counted(part: Part) -> tuple[pl.DataFrame, TableFunnel]:
    """Return the kept rows of a part, each once, and what became of the others; the table itself is never held."""
    import polars as pl

    rows = part.rows.filter(pl.col("reason").is_null()).select("patient", "visit", "kind", "code").unique()
    reasons = part.rows.group_by("reason").agg(
        pl.len().alias("rows"),
        pl.col(ROW).min().alias("first_row"),
        pl.col("shown").drop_nulls().value_counts(sort=True).struct.field("shown").head(_SHOWN).alias("examples"),
    )
    kept, counts = collected_together((rows, reasons), part.file)
    counts = counts.sort("rows", "reason", descending=[True, False])
    n_kept = int(counts.filter(pl.col("reason").is_null())["rows"].sum())
    funnel = TableFunnel(
        table=part.file.name,
        kind=part.kind,
        rows_in=int(counts["rows"].sum()),
        kept=len(kept),
        repeated=n_kept - len(kept),
        dropped=tuple(
            Dropped(reason=reason, rows=rows, first_row=first, examples=tuple(shown))
            for reason, rows, first, shown in counts.drop_nulls("reason").iter_rows()
        ),
    )
    return kept.sort("patient", "visit", "code"), funnel


def _put_together(
    frames: list[pl.DataFrame],
    tables: list[TableFunnel],
    reading: Reading,
    source: str,
    config: PrepareConfig,
    path: Path,
) -> Prepared:
    import polars as pl

    rows = pl.concat(frames)
    of_visit = rows.group_by("patient", "visit", maintain_order=True).agg(
        (pl.col("kind") == "drug").any().alias("drug"),
        (pl.col("kind") != "drug").any().alias("icd"),
        (pl.col("kind") == "diagnosis").any().alias("diagnosis"),
    )
    reason = pl.coalesce(
        pl.when(~pl.col("drug")).then(pl.lit("has no drug")),
        pl.when(~pl.col("icd")).then(pl.lit("has neither a diagnosis nor a procedure")),
        pl.when(~pl.col("diagnosis") & pl.lit(config.needs_diagnosis)).then(pl.lit("has no diagnosis")),
    )
    judged = of_visit.with_columns(reason.alias("reason"))
    few = pl.len().over("patient") < config.min_visits
    whole = judged.filter(pl.col("reason").is_null()).with_columns(few.alias("few"))
    n_few = int(whole["few"].sum())
    counts = judged.drop_nulls("reason")["reason"].value_counts(sort=True)
    dropped = [Dropped(reason=text, rows=rows) for text, rows in counts.iter_rows()]
    if n_few:
        dropped.append(Dropped(reason=f"its patient has fewer than {config.min_visits} such visits", rows=n_few))
    chosen = whole.filter(~pl.col("few")).select("patient", "visit")
    if chosen.is_empty():
        raise DataError(
            "no visit is left",
            found="; ".join(f"{part.rows} visits: {part.reason}" for part in dropped) or "no row was kept",
            where=path,
            expected="visits with a diagnosis or procedure and a drug that has an ATC code",
            remedy="; ".join(f"mend {d.rows} x {d.reason}" for table in tables for d in table.dropped[:2])
            or "give tables with such rows",
        )
    timed = rows.join(chosen, on=["patient", "visit"]).join(
        reading.visits.select("patient", "visit", "time"), on=["patient", "visit"], how="left", maintain_order="left"
    )
    cohort = Cohort.from_rows(timed)
    funnel = Funnel(
        source=source,
        tables=tuple(tables),
        visits_seen=len(of_visit),
        visits_dropped=tuple(dropped),
        visits=cohort.n_visits,
        patients=cohort.n_patients,
        notes=reading.notes,
    )
    return Prepared(cohort, funnel)
