// Package powerfs is a file system in memory, mounted by FUSE, whose power can be
// cut: then it keeps what a disk would have kept.
//
// What it models. A file's bytes and size are durable when the file was synced
// (fsync, fdatasync), a name is durable when its directory was: making, renaming,
// linking and removing change a directory. Cut leaves what is durable and nothing
// else. CutTorn also leaves a random part of what came after: of the bytes any
// 512 that the disk writes as one, in any choice and order of age, of the names any
// change, where a rename is made or not made. This is less than journalling file
// systems keep, which sync a new file's name with its bytes and order what they
// lose: who lives with it lives with these.
//
// What it does not model: permissions and times are durable at once; no sector is
// ever damaged that was not being written; nothing fails or fills up; there are no
// symbolic links, no extended attributes, no files without a name (O_TMPFILE), and
// no directory moves into another. Bytes that a process has written through shared
// memory arrive when the kernel writes them back, and count as written then; locks
// are the kernel's own.
//
// It must not know who uses it.
package powerfs
