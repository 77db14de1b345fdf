"""A random walk and a queue, with the seeded generator of the standard library."""

import heapq
import random

random.seed(12)
position = 0
path = [position]
for _ in range(200):
    position += random.choice([-1, 1])
    path.append(position)
farthest = max(path, key=abs)
returns = sum(1 for place in path[1:] if place == 0)

dice = random.Random(5)
rolls = [dice.randint(1, 6) for _ in range(50)]
frequencies = {side: rolls.count(side) for side in range(1, 7)}

clock = 0.0
waiting = []
served = 0
delays = []
arrivals = [(round(random.uniform(0, 20), 2), number) for number in range(30)]
for arrival in arrivals:
    heapq.heappush(waiting, arrival)
while waiting:
    when, number = heapq.heappop(waiting)
    clock = max(clock, when)
    delays.append(clock - when)
    clock += 0.5
    served += 1
mean_delay = sum(delays) / served
shuffled = list(range(10))
random.shuffle(shuffled)
print("farthest", farthest, "returns", returns)
print("mean delay", round(mean_delay, 4))
