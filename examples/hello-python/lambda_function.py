"""Counts the words of event["text"]."""
import logging
from collections import Counter

logging.getLogger().setLevel(logging.INFO)


def lambda_handler(event, context):
    words = Counter(event.get("text", "").lower().split())
    logging.info("counted %d different words", len(words))
    return {"words": sum(words.values()), "most": words.most_common(3)}
