"""How codes are written, and where they stand in their trees."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from humankind.systems.medication.codes import icd, system_named, written_code
from humankind.systems.medication.ontology import ancestors, path

ICD9_EXAMPLES = ["ICD9CM:428.0", "ICD9CM:V10.1", "ICD9CM:E880.9", "ICD9CM:042", "ICD9PROC:00.66"]


@pytest.mark.parametrize(
    "dotted", [*ICD9_EXAMPLES, "ICD10CM:I50.9", "ICD10CM:S52.521A", "ICD10CM:I10", "ICD10PCS:02HV33Z"]
)
def test_dots_blanks_and_case_do_not_matter(dotted):
    system, _, code = dotted.partition(":")
    for text in (code, code.replace(".", ""), code.lower(), f" {code} "):
        assert icd(text, system) == dotted


@pytest.mark.parametrize(
    ("text", "system"),
    [
        ("", "ICD9CM"),
        (None, "ICD9CM"),
        ("42", "ICD9CM"),
        ("I509", "ICD9CM"),
        ("4280", "ICD10CM"),
        ("02HV33", "ICD10PCS"),
    ],
)
def test_what_a_system_cannot_have_written_is_none(text, system):
    assert icd(text, system) is None


def test_the_version_decides_what_a_shared_text_means():
    assert icd("V101", "ICD9CM") == "ICD9CM:V10.1"
    assert icd("V101", "ICD10CM") == "ICD10CM:V10.1"
    assert written_code("V101", "diagnosis") is None, "no version: a guess would change the meaning"
    assert written_code("ICD-9:V101", "diagnosis") == "ICD9CM:V10.1"
    assert system_named("9", "diagnosis") == "ICD9CM"
    assert system_named("9", "procedure") == "ICD9PROC"


@given(st.text(max_size=12), st.sampled_from(["diagnosis", "procedure", "drug"]))
def test_reading_a_code_twice_changes_nothing(text, kind):
    code = written_code(text, kind)
    assert code is None or written_code(code, kind) == code


def test_icd9_chapters_and_sections_are_those_of_the_book():
    assert path("ICD9CM:401.9")[1:3] == ("chapter 7", "section 401")
    assert path("ICD9CM:405.99")[1:3] == ("chapter 7", "section 401"), "hypertensive disease is 401 to 405"
    assert path("ICD9CM:410.01")[1:3] == ("chapter 7", "section 410"), "ischemic heart disease is 410 to 414"
    assert path("ICD9CM:139.8")[1] == "chapter 1"
    assert path("ICD9CM:140.0")[1] == "chapter 2"
    assert path("ICD9CM:780.2")[1] == "chapter 16"
    assert path("ICD9CM:999.9")[1] == "chapter 17"
    assert path("ICD9CM:E950.0")[1:3] == ("chapter E", "section E950")
    assert path("ICD9CM:V45.81")[1:3] == ("chapter V", "section V40")
    assert path("ICD9PROC:36.15")[1:3] == ("chapter 35", "36"), "operations on the cardiovascular system are 35 to 39"
    assert path("ICD9PROC:99.15")[1] == "chapter 87"


def test_icd10_ancestors_are_those_of_the_classification():
    tree = pytest.importorskip("simple_icd_10_cm")
    for code in ("I50.9", "S52.521A", "E11.9", "Z79.4", "A41.9"):
        known = [step.replace(".", "") for step in tree.get_ancestors(code)]
        assert list(ancestors(f"ICD10CM:{code}")) == [*known[:-1], f"chapter {known[-1]}"]


def test_a_retired_icd10_code_hangs_on_what_is_left_of_it():
    tree = pytest.importorskip("simple_icd_10_cm")
    assert not tree.is_valid_item("T81.4XXA")
    assert path("ICD10CM:T81.4XXA")[-3:] == ("T81", "T814", "T814XXA")


@pytest.mark.parametrize("code", [*ICD9_EXAMPLES, "ICD10PCS:02HV33Z", "C03C", "EICU:pulmonary|ventilation|o2"])
def test_a_path_goes_from_the_name_of_its_tree_to_the_code(code):
    way = path(code)
    assert way is not None
    assert way[0] == (code.partition(":")[0] if ":" in code else "ATC")
    assert way[-1].replace(".", "") == code.partition(":")[2].replace(".", "") or way[-1] == code
    assert len(set(way)) == len(way)
    assert ancestors(code) == way[-2:0:-1]


def test_codes_without_a_tree_have_no_path():
    assert path("flu") is None
    assert path("ICD9CM:nonsense") is None
    assert ancestors("flu") == ()


@pytest.mark.data
def test_every_code_of_the_official_map_from_9_to_10_has_a_path(data_home):
    """25,342 rows of an independent list: no code of either version may fall through."""
    table = pl.read_csv(data_home / "medcodes" / "icd_cm_9_to_10_mapping.csv.gz", infer_schema=False)
    nines = [icd(code, "ICD9CM") for code in table["icd_9"].unique()]
    assert len(nines) > 14_000
    assert None not in nines
    depths = {len(path(code)) for code in nines}
    assert depths <= {4, 5, 6}, "tree, chapter, section, category and up to two digits"
    tens = [icd(code, "ICD10CM") for code in table["icd_10"].unique() if code != "NoDx"]
    assert None not in tens
    unknown = [code for code in tens if path(code)[1] == "chapter unknown"]
    assert not unknown
