"""Drug numbers and names to ATC."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from humankind.spine.errors import DataError
from humankind.systems.medication.drugmap import MAP_FILE, DrugMap, default_map, ndc_readings
from humankind.systems.medication.drugnames import DrugNames, default_names


def test_the_shipped_map_has_the_rows_of_its_source():
    table = pl.read_csv(MAP_FILE, infer_schema=False)
    known = default_map()
    assert len(table) == 4_770
    assert len(known.by_gsn) == len(table.filter(pl.col("atc").str.len_chars() >= 4))
    assert (table["ndc"] == "0").any(), "the trap is in the file"
    assert "0" * 11 not in known.by_ndc
    assert known.atc("004964", None) == known.atc("4964", None)
    assert MAP_FILE.with_name("NOTICE.txt").exists()


@pytest.mark.parametrize("nothing", ["0", "00000000000", "", None, "  "])
def test_ndc_zero_is_no_drug(nothing):
    assert default_map().atc(None, nothing) is None
    assert default_map().of_ndc(nothing) is None


def test_gsn_goes_before_ndc_and_the_first_known_gsn_counts(tmp_path):
    file = tmp_path / "map.csv"
    file.write_text(
        "gsn,atc,ndc\n000001,A01AA01,0\n000002,B01AA01,11111222233\n000003,C01,44444555566\n000004,D01AA01,1\n"
    )
    known = DrugMap.load(file)
    assert known.atc("000001", "11111222233") == "A01A"
    assert known.atc("999999 000002", None) == "B01A"
    assert known.atc("999999", "11111-2222-33") == "B01A"
    assert known.atc("000003", None) is None, "3 characters are no drug"
    assert known.atc(None, "0") is None


def test_a_product_mapped_to_two_drugs_is_mapped_to_none(tmp_path):
    file = tmp_path / "map.csv"
    file.write_text("gsn,atc,ndc\n1,A01AA01,11111222233\n2,B01AA01,11111222233\n")
    assert DrugMap.load(file).of_ndc("11111222233") is None


def test_an_empty_map_is_refused(tmp_path):
    (tmp_path / "map.csv").write_text("gsn,atc,ndc\n")
    with pytest.raises(DataError, match="empty"):
        DrugMap.load(tmp_path / "map.csv")


@given(st.integers(0, 99_999), st.integers(0, 9_999), st.integers(0, 99))
def test_every_way_to_write_a_product_reads_as_its_eleven_digits(labeler, product, package):
    full = f"{labeler:05d}{product:04d}{package:02d}"
    if not int(full):
        return
    assert ndc_readings(full) == (full,)
    for written in (
        f"{labeler:05d}-{product:04d}-{package:02d}",
        *([f"{labeler:04d}-{product:04d}-{package:02d}"] if labeler < 10_000 else []),
        *([f"{labeler:05d}-{product:03d}-{package:02d}"] if product < 1_000 else []),
        *([f"{labeler:05d}-{product:04d}-{package}"] if package < 10 else []),
    ):
        assert ndc_readings(written) == (full,)
        bare = written.replace("-", "")
        assert full in ndc_readings(bare)


def test_what_is_no_product_number_reads_as_nothing():
    for text in ("abc", "12", "1234-56-789-0", "12345-67890-1"):
        assert ndc_readings(text) == ()


def test_names_prefer_the_code_that_is_used_and_the_longest_name():
    names = DrugNames(
        [("A01AA01", "iron"), ("B01AA01", "iron"), ("C01AA01", "iron oxide"), ("D01A", "iron things")],
        {"B01AA01": 5},
    )
    assert names.find("IRON 5 mg") == "B01A"
    assert names.find("Iron-oxide tab") == "C01A"
    assert names.find("ironing") is None
    assert names.find(None) is None


@pytest.mark.data
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("4 ML VIAL : FUROSEMIDE 10 MG/ML INJ SOLN", "C03C"),
        ("acetaminophen", "N02B"),
        ("WARFARIN SODIUM 5 MG PO TABS", "B01A"),
        ("ONDANSETRON HCL 4 MG/2ML IJ SOLN", "A04A"),
        ("albuterol inhaler", "R03A"),
        ("LASIX", None),
    ],
)
def test_names_of_american_hospitals(data_home, text, code):
    assert default_names().find(text) == code
