"""Splink on the columns that `dedupe.py` wrote, in an interpreter that has splink; prints one line of JSON."""

from __future__ import annotations

import json
import resource
import sys
import time

import pandas as pd


def main() -> None:
    """Estimate, predict and cluster; print seconds, processor seconds, megabytes, pairs and places."""
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    table = pd.read_parquet(sys.argv[1])
    before = resource.getrusage(resource.RUSAGE_SELF)
    started = time.perf_counter()
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            cl.JaroWinklerAtThresholds("core", [0.92, 0.8]),
            cl.JaroWinklerAtThresholds("street", [0.92, 0.8]),
            cl.ExactMatch("number"),
            cl.ExactMatch("phone"),
            cl.ExactMatch("mail"),
            cl.DistanceInKMAtThresholds("lat", "lon", [0.05, 0.3, 2]),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("insee", "core"),
            block_on("insee", "number", "street"),
            block_on("phone", "insee"),
            block_on("mail", "insee"),
        ],
    )
    api = DuckDBAPI()
    linker = Linker(api.register(table), settings)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("insee", "street"))
    linker.training.estimate_parameters_using_expectation_maximisation(block_on("insee", "core"))
    predicted = linker.inference.predict(threshold_match_probability=0.5)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(predicted, threshold_match_probability=0.95)
    places = clusters.as_pandas_dataframe()["cluster_id"].nunique()
    pairs = len(predicted.as_pandas_dataframe())
    after = resource.getrusage(resource.RUSAGE_SELF)
    told = {
        "wall_s": round(time.perf_counter() - started, 2),
        "cpu_s": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 2),
        "megabytes": round(after.ru_maxrss / 1024),
        "pairs": pairs,
        "places": int(places),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
