"""What a language model fills in for each of its tasks; the Chinese descriptions are what it is shown."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StrictInt, field_validator, model_validator

from humankind.spine.config import Section
from humankind.systems.naming.agents import OBJECTIVES

N = len(OBJECTIVES)
Preference = Annotated[StrictInt, Field(ge=0, le=4)]
Grade = Annotated[StrictInt, Field(ge=0, le=2)]
_LONGEST_PARAGRAPH = 1200


def _texts(values: tuple[str, ...], what: str) -> tuple[str, ...]:
    if not all(value.strip() for value in values):
        raise ValueError(f"{what}有空白的一项")
    return tuple(value.strip() for value in values)


class Preferences(Section):
    """How much each objective matters."""

    reasoning: str = Field("", description="一两句理由")
    preferences: tuple[Preference, ...] = Field(
        min_length=N, max_length=N, description="0到4的整数，依次为文化内涵、父母期望、五行八字、个人特征、其他要求"
    )


class Extraction(Section):
    """What a request tells of the child and the wishes."""

    surname: str = Field("", description="姓，请求没说则为空")
    sex: Literal["男", "女", ""] = Field("", description="男、女，或空")
    birth: tuple[StrictInt | None, ...] = Field(
        (), max_length=5, description="公历年、月、日、时、分，未知的写null；全部未知写空列表"
    )
    season: Literal["春", "夏", "秋", "冬", ""] = Field("", description="请求说到的季节，春夏秋冬之一，或空")
    wishes: tuple[str, ...] = Field((), max_length=12, description="父母期望的词，如勇敢")


class Query(Section):
    """What to look for in the corpus."""

    title: str = Field("", description="请求点名的诗题，没有则为空")
    author: str = Field("", description="请求点名的诗人，没有则为空")
    book: str = Field("", description="请求点名的诗集，如诗经、唐诗、宋词，没有则为空")
    verse: str = Field("", description="请求引用的诗句，没有则为空")
    description: str = Field(min_length=2, max_length=300, description="想找的诗写了什么、寄托什么，一两句话")


class Choice(Section):
    """Which of the poems that were found is used, if any."""

    reasoning: str = Field("", description="一两句理由")
    choice: StrictInt = Field(ge=0, description="所选诗的编号；都不合适写0")
    description: str = Field("", max_length=300, description="写0时，另写一句想找什么样的诗")

    @model_validator(mode="after")
    def _says_what(self) -> Self:
        if self.choice == 0 and not self.description.strip():
            raise ValueError("choice为0时要写description")
        return self


class Goals(Section):
    """Five goals for the name, five demands on the explanation."""

    goals: tuple[str, ...] = Field(min_length=N, max_length=N, description="名字要做到什么，一项一句")
    requirements: tuple[str, ...] = Field(min_length=N, max_length=N, description="解释的这一段要说明什么，一项一句")

    @field_validator("goals", "requirements")
    @classmethod
    def _all_there(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return _texts(values, "列表")


class Named(Section):
    """A name with its source and five paragraphs."""

    reasoning: str = Field("", description="简短的思考：逐句解诗、选句、候选字、对照目标")
    name: str = Field(min_length=1, max_length=12, description="姓名全称，只写汉字")
    title: str = Field("", description="所取诗的篇名，不取诗则为空")
    author: str = Field("", description="作者")
    dynasty: str = Field("", description="朝代")
    verse: str = Field("", max_length=80, description="所取的原句，一字不改")
    explanation: tuple[str, ...] = Field(
        min_length=N, max_length=N, description="五段，依次为文化内涵、父母期望、五行八字、个人特征、其他要求"
    )

    @field_validator("explanation")
    @classmethod
    def _bounded(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        if any(len(value) > _LONGEST_PARAGRAPH for value in values):
            raise ValueError(f"每段至多{_LONGEST_PARAGRAPH}字")
        return tuple(value.strip() for value in values)


class Mark(Section):
    """How complete and clear one paragraph is."""

    completeness: Grade = Field(description="0缺失，1不全，2完整")
    clarity: Grade = Field(description="0读不懂，1略含混，2清楚")
    advice: str = Field("", description="不到2分时怎样改")


class Marks(Section):
    """Completeness and clarity of the five paragraphs."""

    marks: tuple[Mark, ...] = Field(min_length=N, max_length=N)


class Fit(Section):
    """How well a name serves one objective."""

    score: Grade = Field(description="0不符合，1部分符合，2完全符合")
    advice: str = Field("", description="不到2分时怎样改")


class Fits(Section):
    """How well a name serves the five objectives."""

    scores: tuple[Fit, ...] = Field(min_length=N, max_length=N)


class Rewrite(Section):
    """What a draft that fell short needs."""

    rewrite: Literal["all", "explanation"] = Field(description="all：重起名字；explanation：只改解释")


class Polished(Section):
    """The five paragraphs in better words."""

    explanation: tuple[str, ...] = Field(min_length=N, max_length=N, description="润色后的五段，次序不变")

    @field_validator("explanation")
    @classmethod
    def _all_there(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return _texts(values, "explanation")
