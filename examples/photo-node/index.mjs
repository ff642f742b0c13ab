// Makes a thumbnail of every photo put into a bucket, in another bucket: the one's name with "-resized".
import { GetObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import sharp from "sharp";

const s3 = new S3Client({});
const WIDTH = 200;

export const handler = async (event) => {
  const { bucket, object } = event.Records[0].s3;
  const key = decodeURIComponent(object.key.replaceAll("+", " "));
  if (!/\.(jpe?g|png)$/i.test(key)) {
    console.log(`${key} is no photo`);
    return;
  }
  const { Body, ContentType } = await s3.send(new GetObjectCommand({ Bucket: bucket.name, Key: key }));
  const thumbnail = await sharp(await Body.transformToByteArray()).rotate().resize(WIDTH).toBuffer();
  const made = { Bucket: `${bucket.name}-resized`, Key: `resized-${key}` };
  await s3.send(new PutObjectCommand({ ...made, Body: thumbnail, ContentType }));
  console.log(`made ${made.Bucket}/${made.Key}: ${thumbnail.byteLength} bytes of ${object.size}`);
};
