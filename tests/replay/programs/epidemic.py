"""A stochastic epidemic on a grid, with generators and numpy."""
import itertools
import numpy as np

SIZE = 12
DAYS = 25
BETA = 0.35
GAMMA = 0.12


def neighbours(grid, i, j):
    n, m = grid.shape
    for di, dj in itertools.product((-1, 0, 1), repeat=2):
        if di or dj:
            yield (i + di) % n, (j + dj) % m


def seed_grid(rng, size, cases):
    grid = np.zeros((size, size), dtype=int)
    places = rng.choice(size * size, cases, replace=False)
    grid.flat[places] = 1
    return grid


def step(grid, rng, beta, gamma):
    new = grid.copy()
    infected = np.argwhere(grid == 1)
    for i, j in infected:
        for a, b in neighbours(grid, i, j):
            if grid[a, b] == 0 and rng.random() < beta:
                new[a, b] = 1
        if rng.random() < gamma:
            new[i, j] = 2
    return new


def simulate(rng, size=SIZE, days=DAYS, beta=BETA, gamma=GAMMA, cases=3):
    grid = seed_grid(rng, size, cases)
    for day in range(days):
        counts = np.bincount(grid.ravel(), minlength=3)
        yield day, counts
        if counts[1] == 0:
            return
        grid = step(grid, rng, beta, gamma)


def running_mean(values, width):
    window = []
    for value in values:
        window.append(value)
        if len(window) > width:
            window.pop(0)
        yield sum(window) / len(window)


class Tracker:
    def __init__(self):
        self.peak = 0
        self.peak_day = None
        self.history = []

    def update(self, day, counts):
        self.history.append(counts.tolist())
        if counts[1] > self.peak:
            self.peak, self.peak_day = int(counts[1]), day


rng = np.random.default_rng(2024)
tracker = Tracker()
curve = []
for day, counts in simulate(rng):
    tracker.update(day, counts)
    curve.append(int(counts[1]))
smooth = [round(v, 2) for v in running_mean(curve, 3)]
doubling = next((d for d, v in enumerate(curve) if v >= 2 * curve[0]), None)
scenarios = {}
for beta in (0.05, 0.15, 0.3):
    runs = [list(simulate(np.random.default_rng(seed), beta=beta, days=10)) for seed in range(3)]
    final = [run[-1][1][2] + run[-1][1][1] for run in runs]
    scenarios[beta] = {"mean": float(np.mean(final)), "spread": float(np.std(final))}
table = np.array([[b, s["mean"], s["spread"]] for b, s in scenarios.items()])
np.savetxt("scenarios.csv", table, delimiter=",", header="beta,mean,spread", comments="")
np.save("history.npy", np.array(tracker.history))
worst = max(scenarios, key=lambda b: scenarios[b]["mean"])
print("peak", tracker.peak, "on day", tracker.peak_day)
print("doubling", doubling)
print("worst", worst)
print(np.load("history.npy").shape, smooth[-1])
