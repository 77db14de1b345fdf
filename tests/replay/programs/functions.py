"""Loops with functions, called far more often than is looked into."""

import math


def is_prime(n):
    if n < 2:
        return False
    for divisor in range(2, int(math.sqrt(n)) + 1):
        if n % divisor == 0:
            return False
    return True


def collatz(n):
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


def running(values, start=0):
    total = start
    for value in values:
        total += value
        yield total


cache = {}


def fibonacci(n):
    if n in cache:
        return cache[n]
    result = n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)
    cache[n] = result
    return result


primes = [n for n in range(200) if is_prime(n)]
longest, most = 0, 0
for start in range(1, 150):
    steps = collatz(start)
    if steps > most:
        longest, most = start, steps
sums = list(running(primes[:60], start=10))
fib = fibonacci(40)
gaps = {}
for left, right in zip(primes, primes[1:]):
    gap = right - left
    gaps[gap] = gaps.get(gap, 0) + 1
widest = max(gaps)
print("primes", len(primes), "widest gap", widest)
print("collatz", longest, most)
print("fibonacci", fib)
