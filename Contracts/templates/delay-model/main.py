"""Which flights leave late? A logistic regression, trained and tested in the provider's sandbox.

An example of a program for mode "metrics": it needs Python's standard library alone, reads the tables flights and weather from
/data, writes the declared numbers to /output/metrics.json and its weights to /output/weights, which stay with the provider until
the provider has assessed them.
"""

import csv
import json
import math
import random

LATE_MINUTES = 15
EPOCHS = 3
LEARNING_RATE = 0.05
REGULARISATION = 1e-5
TEST_SHARE = 0.25


def number(text, otherwise):
    return float(text) if text else otherwise


def read_weather(path):
    """The weather by airport and hour."""
    with open(path, newline="", encoding="utf-8") as file:
        return {(row["origin"], row["time_hour"]): row for row in csv.DictReader(file)}


def features(flight, weather):
    """Names and values; all that is known before a flight leaves."""
    hour = int(flight["hour"])
    names = [
        "all",
        "carrier " + flight["carrier"],
        "origin " + flight["origin"],
        "month " + flight["month"],
        "hour " + str(hour),
        "origin " + flight["origin"] + ", part of day " + str(hour // 6),
    ]
    values = [(name, 1.0) for name in names]
    values.append(("distance", float(flight["distance"]) / 1000 - 1))
    if weather:
        values.append(("wind", number(weather["wind_speed"], 10) / 10 - 1))
        values.append(("rain", min(number(weather["precip"], 0) * 10, 3)))
        values.append(("sight", number(weather["visib"], 10) / 10 - 1))
        values.append(("temperature", number(weather["temp"], 55) / 20 - 2.75))
        values.append(("humidity", number(weather["humid"], 60) / 20 - 3))
        values.append(("pressure", (number(weather["pressure"], 1018) - 1018) / 10))
    return values


def read_flights(path, weather, limit, chance):
    """Feature lists with 1 for late and 0 for not, of a random sample; flights that never left are no part of it."""
    sample, seen = [], 0
    with open(path, newline="", encoding="utf-8") as file:
        for flight in csv.DictReader(file):
            if not flight["dep_delay"]:
                continue
            seen += 1
            if not limit or len(sample) < limit:
                sample.append(flight)
            elif (place := chance.randrange(seen)) < limit:
                sample[place] = flight
    examples = []
    for flight in sample:
        late = 1 if float(flight["dep_delay"]) > LATE_MINUTES else 0
        examples.append((features(flight, weather.get((flight["origin"], flight["time_hour"]))), late, int(flight["hour"])))
    return examples


def probability(weights, example):
    score = sum(weights.get(name, 0.0) * value for name, value in example)
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))


def train(examples, chance):
    """Stochastic gradient descent with a rate that falls from epoch to epoch."""
    weights = {}
    for epoch in range(EPOCHS):
        chance.shuffle(examples)
        rate = LEARNING_RATE / (1 + epoch)
        for example, late, _ in examples:
            error = late - probability(weights, example)
            for name, value in example:
                weight = weights.get(name, 0.0)
                weights[name] = weight + rate * (error * value - REGULARISATION * weight)
    return weights


def area_under_curve(scored):
    """The chance that a late flight scores above one that was not; ties count half (Mann and Whitney)."""
    ordered = sorted(scored)
    ranks, place = 0.0, 0
    while place < len(ordered):
        end = place
        while end < len(ordered) and ordered[end][0] == ordered[place][0]:
            end += 1
        middle = (place + 1 + end) / 2
        ranks += middle * sum(late for _, late in ordered[place:end])
        place = end
    late = sum(late for _, late in ordered)
    others = len(ordered) - late
    return (ranks - late * (late + 1) / 2) / (late * others) if late and others else 0.5


def brier(scored):
    return sum((score - late) ** 2 for score, late in scored) / len(scored)


def tenths(scored):
    """The share of late flights in each tenth of the test, from the least to the most expected."""
    ordered = sorted(scored)
    size = len(ordered) / 10
    parts = [ordered[int(part * size):int((part + 1) * size)] for part in range(10)]
    return [sum(late for _, late in part) / max(1, len(part)) for part in parts]


def baseline(training):
    """What one would expect from the hour of departure alone."""
    late, count = {}, {}
    for _, is_late, hour in training:
        late[hour] = late.get(hour, 0) + is_late
        count[hour] = count.get(hour, 0) + 1
    overall = sum(late.values()) / len(training)
    return lambda hour: late[hour] / count[hour] if hour in count else overall


def main():
    with open("/data/parameters.json", encoding="utf-8") as file:
        parameters = json.load(file)
    chance = random.Random(2013)
    weather = read_weather("/data/weather.csv")
    examples = read_flights("/data/flights.csv", weather, parameters.get("rows", 0), chance)
    chance.shuffle(examples)
    cut = int(len(examples) * TEST_SHARE)
    testing, training = examples[:cut], examples[cut:]
    weights = train(training, chance)
    by_hour = baseline(training)
    scored = [(probability(weights, example), late) for example, late, _ in testing]
    simple = [(by_hour(hour), late) for _, late, hour in testing]
    metrics = {
        "rows_trained": len(training),
        "rows_tested": len(testing),
        "share_late": sum(late for _, late in scored) / len(scored),
        "auc": area_under_curve(scored),
        "auc_baseline": area_under_curve(simple),
        "brier": brier(scored),
        "brier_baseline": brier(simple),
        "late_by_tenth": tenths(scored),
    }
    with open("/output/weights", "w", encoding="utf-8") as file:
        json.dump({name: round(weight, 6) for name, weight in sorted(weights.items())}, file, indent=1)
    with open("/output/metrics.json", "w", encoding="utf-8") as file:
        json.dump(metrics, file)


main()
