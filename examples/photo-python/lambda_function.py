"""Makes a thumbnail of every photo put into a bucket, in another bucket: the one's name with "-resized"."""
import os
import tempfile
from urllib.parse import unquote_plus

import boto3
from PIL import Image, ImageOps

s3 = boto3.client("s3")
WIDTH = 200


def lambda_handler(event, context):
    for record in event["Records"]:
        bucket = record["s3"]["bucket"]["name"]
        key = unquote_plus(record["s3"]["object"]["key"])
        with tempfile.TemporaryDirectory() as folder:
            photo, thumbnail = os.path.join(folder, "photo"), os.path.join(folder, "thumbnail" + os.path.splitext(key)[1])
            s3.download_file(bucket, key, photo)
            with Image.open(photo) as image:
                image = ImageOps.exif_transpose(image)
                image.thumbnail((WIDTH, image.height))
                image.save(thumbnail)
            s3.upload_file(thumbnail, f"{bucket}-resized", f"resized-{key}")
        print(f"made {bucket}-resized/resized-{key}")
