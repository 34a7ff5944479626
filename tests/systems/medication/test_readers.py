"""Long CSV, OMOP and eICU."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from humankind.spine.errors import DataError
from humankind.systems.medication.data import Cohort
from humankind.systems.medication.drugmap import default_map
from humankind.systems.medication.prepare import prepare
from humankind.systems.medication.rows import rows_of

LONG = """Patient,VISIT,Time,Kind,Code
a,2,2020-02-01,dx,I50.9
a,2,2020-02-01,Drug,C03CA01
a,1,2019-01-01 10:00,diagnosis,428.0
a,1,2019-01-01 10:00,drug,GSN:{gsn}
a,1,2019-01-01 10:00,drug,0
a,1,2019-01-01 10:00,lab,sodium
a,1,2019-01-01 10:00,diagnosis,V101
a,1,2019-01-01 10:00,diagnosis,
,1,2019-01-01 10:00,diagnosis,428.0
a,1,2019-01-01 10:00,diagnosis,local flu code
"""


@pytest.fixture(scope="module")
def gsn():
    return next(number for number, code in default_map().by_gsn.items() if code == "B01A")


def write(folder, **tables):
    folder.mkdir(exist_ok=True)
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text)
    return folder


def test_a_long_table_is_read_with_reasons_for_what_is_not(tmp_path, gsn):
    file = tmp_path / "long.csv"
    file.write_text(LONG.format(gsn=gsn))
    made = prepare(file, "csv")
    assert made.cohort.visit_ids == ("1", "2")
    assert made.cohort.visit(0).diagnoses == ("ICD9CM:428.0", "local flu code")
    assert made.cohort.visit(0).drugs == ("B01A",)
    assert made.cohort.visit(1).drugs == ("C03C",)
    assert {part.reason.split(":")[0]: part.first_row for part in made.funnel.tables[0].dropped} == {
        "is neither an ATC code nor a number in the drug map": 6,
        "its kind is not diagnosis, procedure or drug": 7,
        "may be ICD-9 or ICD-10": 8,
        "has no code": 9,
        "has no patient or no visit": 10,
    }


def test_times_may_be_numbers_or_missing(tmp_path):
    rows = "patient,visit,kind,code,time\na,x,drug,C03C,20\na,x,dx,I50.9,20\na,y,drug,C03C,3\na,y,dx,I50.9,3\n"
    (tmp_path / "numbers.csv").write_text(rows)
    assert Cohort.from_csv(tmp_path / "numbers.csv").visit_ids == ("y", "x")
    bare = "\n".join(row.rpartition(",")[0] for row in rows.splitlines())
    (tmp_path / "bare.csv").write_text(bare)
    assert Cohort.from_csv(tmp_path / "bare.csv").visit_ids == ("x", "y")


def test_a_time_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "long.csv").write_text("patient,visit,kind,code,time\na,x,drug,C03C,1\na,y,drug,C03C,someday\n")
    with pytest.raises(DataError, match="time cannot be read") as caught:
        prepare(tmp_path / "long.csv", "csv")
    assert "row 3" in str(caught.value)
    with pytest.raises(DataError, match="no such file"):
        prepare(tmp_path / "nothing.csv", "csv")


def test_what_a_cohort_writes_as_rows_is_read_back(tmp_path, make_cohort):
    cohort = make_cohort(12, seed=0)
    rows_of(cohort).write_csv(tmp_path / "rows.csv")
    again = prepare(tmp_path / "rows.csv", "csv").cohort
    assert set(again.patient_ids) == set(cohort.patient_ids)
    for name in cohort.patient_ids:
        own, back = cohort.visits_of(cohort.patient_index(name)), again.visits_of(again.patient_index(name))
        assert [cohort.visit(v) for v in own] == [again.visit(v) for v in back]


# -- OMOP --------------------------------------------------------------------------------------------------

VISITS = "visit_occurrence_id,person_id,visit_start_date,visit_start_datetime\n-7,1,2020-01-02,\n8,1,2019-01-02,\n"
CONDITIONS = """condition_occurrence_id,person_id,visit_occurrence_id,condition_source_value,condition_source_concept_id
1,1,-7,V10.1,501
2,1,-7,I50.9,0
3,1,8,428.0,0
4,1,8,V10.1,0
5,1,8,SNOMED thing,0
6,1,99,428.0,0
"""
PROCEDURES = "person_id,visit_occurrence_id,procedure_source_value\n1,8,38.97\n"
DRUGS = """person_id,visit_occurrence_id,drug_concept_id,drug_source_value,drug_source_concept_id
1,-7,700,whatever,0
1,8,701,{ndc},0
1,8,702,mystery,0
"""
CONCEPTS = """concept_id,concept_name,vocabulary_id,concept_code
501,History,ICD10CM,V10.1
700,furosemide 20 MG,RxNorm,1
900,HIGH-CEILING DIURETICS,ATC,C03C
901,DIURETICS,ATC,C03
"""
ANCESTORS = "ancestor_concept_id,descendant_concept_id\n900,700\n901,700\n"


@pytest.fixture
def omop(tmp_path):
    ndc = next(number for number, code in default_map().by_ndc.items() if code == "B01A")
    return write(
        tmp_path / "omop",
        visit_occurrence=VISITS,
        condition_occurrence=CONDITIONS,
        procedure_occurrence=PROCEDURES,
        drug_exposure=DRUGS.format(ndc=ndc),
        concept=CONCEPTS,
        concept_ancestor=ANCESTORS,
    )


def test_omop_uses_concepts_where_there_are_some_and_source_values_else(omop):
    made = prepare(omop, "omop")
    assert made.cohort.visit_ids == ("8", "-7")
    assert made.cohort.visit(1).diagnoses == ("ICD10CM:I50.9", "ICD10CM:V10.1"), "the concept says which version"
    assert made.cohort.visit(0).diagnoses == ("ICD9CM:428.0",), "V10.1 without a concept could be either"
    assert made.cohort.visit(0).procedures == ("ICD9PROC:38.97",)
    assert made.cohort.visit(1).drugs == ("C03C",)
    assert made.cohort.visit(0).drugs == ("B01A",)
    dropped = {part.reason: part.rows for table in made.funnel.tables for part in table.dropped}
    assert dropped["neither concept, product number nor name leads to ATC"] == 1
    assert dropped["its visit is not in the table of visits"] == 1


def test_omop_without_vocabulary_tables_still_reads_source_values(omop):
    (omop / "concept.csv").unlink()
    (omop / "concept_ancestor.csv").unlink()
    cohort = prepare(omop, "omop").cohort
    assert cohort.visit_ids == ("8",)
    assert cohort.visit(0).drugs == ("B01A",)


# -- eICU --------------------------------------------------------------------------------------------------


@pytest.mark.data
def test_eicu_demo_joins_unit_stays_into_hospital_stays(data_home):
    made = prepare(data_home / "eicu_demo", "eicu")
    visits = made.funnel.tables[0]
    assert (visits.rows_in, visits.kept) == (178, 144)
    for table in made.funnel.tables:
        assert table.rows_in == table.kept + table.repeated + sum(part.rows for part in table.dropped)
    assert made.cohort.n_visits > 80
    assert all(code.split(":")[0] in ("ICD9CM", "ICD10CM") for code in made.cohort.diagnoses.codes)
    assert all(code.startswith("EICU:") for code in made.cohort.procedures.codes)
    assert any("in which order" in note for note in made.funnel.notes)


@pytest.mark.data
def test_eicu_drugs_without_a_name_follow_others_of_their_hicl(data_home):
    made = prepare(data_home / "eicu_demo", "eicu")
    table = pl.read_csv(data_home / "eicu_demo" / "medication.csv", infer_schema=False)
    named = table["drugname"].is_not_null() & (table["drugordercancelled"] == "No")
    drugs = made.funnel.tables[-1]
    assert drugs.kept + drugs.repeated > named.sum(), "HICL adds what names alone cannot give"


def test_eicu_years_order_the_stays(tmp_path, data_home):
    head = "patientunitstayid,patienthealthsystemstayid,uniquepid,hospitaldischargeyear,age\n"
    folder = write(
        tmp_path / "eicu",
        patient=f"{head}1,100,p,2015,70\n2,101,p,2014,> 89\n3,101,p,2014,> 89\n",
        diagnosis='patientunitstayid,icd9code\n1,"428.0, I50.9"\n2,I10\n3,\n9,I10\n',
        treatment="patientunitstayid,treatmentstring\n3,pulmonary|Ventilation\n",
        medication=(
            "patientunitstayid,drugname,drughiclseqno,drugordercancelled\n"
            "1,furosemide,1,No\n2,,1.0,No\n2,furosemide,1,Yes\n3,furosemide,1,No\n3,,,No\n3,brand,5,No\n"
        ),
    )
    made = prepare(folder, "eicu")
    assert made.cohort.visit_ids == ("101", "100")
    assert (np.diff(made.cohort.times) > 0).all()
    assert made.cohort.visit(1).diagnoses == ("ICD9CM:428.0",)
    assert made.cohort.visit(0).procedures == ("EICU:pulmonary|ventilation",)
    assert made.cohort.drugs.codes == ("C03C",)
    assert {part.reason[:20]: part.rows for part in made.funnel.tables[-1].dropped} == {
        "its order was cancel": 1,
        "has neither a name n": 1,
        "names no substance t": 1,
    }
