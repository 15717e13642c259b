"""Trains Spark's network as each row of docs/migration.md spells it; prints what came of it."""

import json
import os
import sys

os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"

import numpy as np
from pyspark.ml.classification import MultilayerPerceptronClassifier
from pyspark.ml.linalg import Vectors
from pyspark.sql import SparkSession


def run(code, frame, w):
    """Return the weights, the predictions and the attributes of one row."""
    settings = {"layers": [4, 3, 2], "maxIter": 5, "seed": 0}
    settings |= eval(f"dict({code})", {}, {"w": Vectors.dense(w)})
    estimator = MultilayerPerceptronClassifier()
    for name, value in settings.items():  # its constructor does not take all of them
        estimator.set(estimator.getParam(name), value)
    model = estimator.fit(frame)
    told = model.transform(frame).collect()
    return {
        "weights": model.weights.toArray().tolist(),
        "probability": [row["probability"].toArray().tolist() for row in told],
        "rawPrediction": [row["rawPrediction"].toArray().tolist() for row in told],
        "prediction": [row["prediction"] for row in told],
        "numClasses": model.numClasses,
        "numFeatures": model.numFeatures,
        "layers": model.getLayers(),
        "objectiveHistory": list(model.summary().objectiveHistory),
        "totalIterations": model.summary().totalIterations,
    }


if __name__ == "__main__":
    given = json.load(sys.stdin)
    session = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    session = session.config("spark.sql.shuffle.partitions", "1").getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    rows = [(float(y), Vectors.dense(x)) for x, y in zip(given["X"], given["y"], strict=True)]
    frame = session.createDataFrame(rows, ["label", "features"]).coalesce(1)
    done = {code: run(code, frame, np.array(given["w"])) for code in given["rows"]}
    done["parameters"] = [p.name for p in MultilayerPerceptronClassifier().params]
    json.dump(done, sys.stdout)
    session.stop()
