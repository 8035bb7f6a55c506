import abc
import collections
import dataclasses
import enum


class Point:
    made = 0

    def __init__(self, x):
        self.x = x
        Point.made += 1

    def shifted(self):
        return Point(self.x + base)

    @property
    def twice(self):
        return 2 * self.x

    @staticmethod
    def zero():
        return Point(0)

    @classmethod
    def one(cls):
        return cls(1)


class Further(Point):
    def shifted(self):
        return super().shifted().x + 1


@dataclasses.dataclass
class Row:
    number: int = 3
    items: list = dataclasses.field(default_factory=list)


class Colour(enum.Enum):
    RED = 1


class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self): ...


Pair = collections.namedtuple("Pair", "a b")


def local():
    class Inner:
        def __repr__(self):
            return f"inner of {base}"

    return Inner()


point, further, row, red, pair, inner = Point(2), Further(3), Row(), Colour.RED, Pair(1, 2), local()
same = [point, point]
