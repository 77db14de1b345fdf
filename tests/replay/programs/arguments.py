"""A command line with options."""

import argparse
import statistics


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.5)
    parser.add_argument("--name", default="run")
    parser.add_argument("--verbose", action="store_true")
    return parser.parse_args()


def series(count, scale):
    values = []
    for i in range(count):
        values.append(i * scale)
    return values


def main():
    options = parse()
    values = series(options.count, options.scale)
    mean = statistics.mean(values)
    spread = statistics.pstdev(values)
    if options.verbose:
        print("values", values)
    print(f"{options.name}: mean {mean}")
    print("spread", round(spread, 3))
    with open(f"{options.name}.txt", "w") as handle:
        handle.write(f"{mean}\n{spread}\n")
    return mean


if __name__ == "__main__":
    result = main()
