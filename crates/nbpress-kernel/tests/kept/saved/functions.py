import functools

base = 40
double = lambda n: 2 * n + base
partial = functools.partial(double, 1)


def factorial(n=3, *, by=1):
    """By itself."""
    return by if n < 2 else n * factorial(n - 1, by=by)


def counter():
    count = 0

    def up():
        nonlocal count
        count += 1
        return count

    def now():
        return count

    return up, now


def parity():
    def even(n):
        return n == 0 or odd(n - 1)

    def odd(n):
        return n != 0 and even(n - 1)

    return even


@functools.wraps(factorial)
def wrapped(*given):
    return factorial(*given)


up, now = counter()
even = parity()
_ = up(), up()
generator = (n for n in range(3))
