"""Metrics and logs as a boto3 user reads them, page by page. Run by boto3.test.ts."""
import datetime
import time

import boto3
from botocore.config import Config

config = Config(retries={"total_max_attempts": 1}, inject_host_prefix=False)
cw, logs = (boto3.client(name, config=config) for name in ("cloudwatch", "logs"))


def pages(client, name, key, size=None, **arguments):
    got = list(client.get_paginator(name).paginate(PaginationConfig={"PageSize": size} if size else {}, **arguments))
    return len(got), [item for page in got for item in page[key]]


now = datetime.datetime.now(datetime.timezone.utc).replace(second=0, microsecond=0)
minute = datetime.timedelta(minutes=1)
cw.put_metric_data(Namespace="Shop", MetricData=[{"MetricName": "Orders", "Timestamp": now - minute * n, "Value": n, "Unit": "Count"} for n in range(1, 6)])
cw.put_metric_data(Namespace="Many", MetricData=[{"MetricName": f"m{n:03}", "Value": 1} for n in range(501)])
count, metrics = pages(cw, "list_metrics", "Metrics", Namespace="Many")
assert count == 2 and [m["MetricName"] for m in metrics] == [f"m{n:03}" for n in range(501)], (count, len(metrics))

queries = [
    {"Id": "orders", "MetricStat": {"Metric": {"Namespace": "Shop", "MetricName": "Orders"}, "Period": 60, "Stat": "Sum"}, "ReturnData": True},
    {"Id": "double", "Expression": "orders * 2", "ReturnData": True},
]
count, results = pages(cw, "get_metric_data", "MetricDataResults", size=3, MetricDataQueries=queries, StartTime=now - minute * 10, EndTime=now, ScanBy="TimestampAscending")
values = {id: [v for r in results if r["Id"] == id for v in r["Values"]] for id in ("orders", "double")}
assert values == {"orders": [5, 4, 3, 2, 1], "double": [10, 8, 6, 4, 2]} and count > 1, (count, values)
point = cw.get_metric_statistics(Namespace="Shop", MetricName="Orders", StartTime=now - minute * 10, EndTime=now, Period=600, Statistics=["Sum", "Maximum"], Unit="Count")["Datapoints"]
assert [(p["Sum"], p["Maximum"], p["Unit"]) for p in point] == [(15, 5, "Count")], point

for n in range(3):
    logs.create_log_group(logGroupName=f"/shop/{n}")
    logs.create_log_stream(logGroupName="/shop/0", logStreamName=f"s{n}")
    logs.put_log_events(logGroupName="/shop/0", logStreamName=f"s{n}", logEvents=[{"timestamp": int(time.time() * 1000), "message": f"order {n} {m}"} for m in range(2)])
assert pages(logs, "describe_log_groups", "logGroups", size=1, logGroupNamePrefix="/shop/")[0] >= 3
assert [s["logStreamName"] for s in pages(logs, "describe_log_streams", "logStreams", size=1, logGroupName="/shop/0")[1]] == ["s0", "s1", "s2"]
events = pages(logs, "filter_log_events", "events", size=2, logGroupName="/shop/0", filterPattern="order")[1]
assert sorted(e["message"] for e in events) == [f"order {n} {m}" for n in range(3) for m in range(2)], events
print("all of it worked")
