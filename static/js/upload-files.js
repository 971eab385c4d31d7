// Which files a person meant: from a drop (folders too), a picker, or a zip.

const AUDIO = /\.(wav|wave|aif|aiff|aifc|flac|ogg|oga|mp3)$/i;
const ARCHIVE = /\.zip$/i;
// Litter that systems leave in folders; nobody means it.
const LITTER = /(^|\/)(\._|\.ds_store$|thumbs\.db$|desktop\.ini$|__macosx\/)/i;

/** One file to upload; `name` keeps the folder inside the dropped one ("Drums/03.wav"). */
class NamedFile {
  constructor(file, name) {
    this.file = file;
    this.name = name;
  }
}

/** What a drop brings: {files: NamedFile[], folder: the dropped folder's name or ""}. */
export async function filesOfDrop(transfer) {
  // Entries must be taken before the first await: afterwards the list is empty.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return filesOfInput(transfer.files);
  // A single folder is the song, not part of its stems' names.
  const song = entries.length === 1 && entries[0].isDirectory ? entries[0] : null;
  const files = [];
  for (const entry of song ? await childrenOf(song) : entries) await walk(entry, "", files);
  return { files: tidy(files), folder: song?.name ?? "" };
}

/** What a file input holds, with folder names if a folder was picked. */
export function filesOfInput(list) {
  const files = [...list].map((file) => {
    const path = file.webkitRelativePath;
    return new NamedFile(file, path ? path.slice(path.indexOf("/") + 1) : file.name);
  });
  const path = list[0]?.webkitRelativePath ?? "";
  return { files: tidy(files), folder: path.split("/", 1)[0] };
}

async function walk(entry, folder, files) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    files.push(new NamedFile(file, folder + file.name));
    return;
  }
  for (const child of await childrenOf(entry)) await walk(child, `${folder}${entry.name}/`, files);
}

async function childrenOf(folder) {
  const reader = folder.createReader();
  const children = [];
  for (;;) {
    // Chromium hands out a hundred entries at a time; an empty batch is the end.
    const batch = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!batch.length) return children;
    children.push(...batch);
  }
}

function tidy(files) {
  return files
    .filter(({ name }) => !LITTER.test(name))
    .sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
}

/**
 * Sort files into those worth sending and those the server would refuse anyway.
 * A hint only: the server looks into each file and decides.
 */
export function sortOut(files, { room, maxBytes }) {
  const accepted = [];
  const refused = [];
  for (const named of files) {
    const reason = reasonAgainst(named, maxBytes) || (accepted.length >= room ? "too-many" : "");
    if (reason) refused.push({ ...named, reason });
    else accepted.push(named);
  }
  return { accepted, refused };
}

function reasonAgainst({ file, name }, maxBytes) {
  if (!AUDIO.test(name) && !ARCHIVE.test(name)) return "not-audio";
  if (file.size === 0) return "empty";
  return file.size > maxBytes ? "too-large" : "";
}

/** A song title from a folder or a single archive; empty if the files suggest none. */
export function titleFrom(files, folder) {
  const zip = files.length === 1 && ARCHIVE.test(files[0].name) ? files[0].name : "";
  const name = folder || zip.replace(ARCHIVE, "");
  return name
    .replace(/[_]+/g, " ")
    .replace(/\b(stems?|multitracks?|export)\b/gi, "")
    .replace(/\s+/g, " ")
    .replace(/^[\s\-–·.]+|[\s\-–·.]+$/g, "")
    .slice(0, 200);
}
