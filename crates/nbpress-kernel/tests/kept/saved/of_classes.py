point.shifted().x == 43 and point.twice == 4
Point.zero().x == 0 and type(Further.one()) is Further
further.shifted() == 45 and isinstance(further, Point)
same[0] is same[1] is point and type(point) is Point
row == Row() and repr(Row()) == "Row(number=3, items=[])" and Row().items is not Row().items
[field.name for field in dataclasses.fields(row)] == ["number", "items"]
red is Colour.RED and pair == Pair(1, 2) and pair.b == 2
repr(inner) == "inner of 41"
Shape.__abstractmethods__ == {"area"}
