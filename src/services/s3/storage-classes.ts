// Storage classes: which there are, which hold an object in an archive, and which a lifecycle rule may move an object to. No I/O.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html, …/lifecycle-transition-general-considerations.html
export const STORAGE_CLASSES = new Set(["STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER", "DEEP_ARCHIVE", "GLACIER_IR"]);

/** The waterfall: a rule moves an object down, never up. The first is where both of the undescribed ones are. */
const ORDER = ["STANDARD", "STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"];
export const TRANSITION_CLASSES = new Set(ORDER.slice(1));

/** How far down; REDUCED_REDUNDANCY is with STANDARD at the top. */
export const depthOf = (storageClass = "STANDARD"): number => Math.max(ORDER.indexOf(storageClass), 0);

export const mayMove = (from: string | undefined, to: string): boolean => depthOf(to) > depthOf(from) && !(from === "ONEZONE_IA" && to === "GLACIER_IR");

/** Read only after RestoreObject. */
export const isArchive = (storageClass: string | undefined): boolean => storageClass === "GLACIER" || storageClass === "DEEP_ARCHIVE";
