base == 41
double(1) == 43 and partial() == 43
factorial() == 6 and factorial(1, by=5) == 5 and factorial.__doc__ == "By itself."
up() == 3 and now() == 3
even(10) and not even(3)
wrapped(4) == 24 and wrapped.__wrapped__ is factorial and wrapped.__name__ == "factorial"
exec("base = 100") or double(0) == 100
exec("base = 41") is None
