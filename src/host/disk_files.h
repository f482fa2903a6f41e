/* The temporary files that `disk` steps read and write: real files of a directory that the user
 * named, without a name in it, gone when the process ends however it ends.
 *
 * Bounded: all files together never exceed byte_cap, and they grow only while a tenth of the file
 * system stays free; after that, and at the cap, operations go round in what there is. Reads touch
 * bytes that were written, and mostly come from the page cache, as they would in a program. */
#ifndef PS_HOST_DISK_FILES_H
#define PS_HOST_DISK_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define PS_DISK_FILES     4u
#define PS_DISK_LEAST_CAP (UINT64_C(1) << 20)

struct ps_disk;

/* byte_cap >= PS_DISK_LEAST_CAP. On failure `why` says what is wrong, for people: PS_ENOENT (no
 * such directory), PS_ELIMIT (not enough free), PS_EINVAL, PS_EIO, PS_ENOMEM. */
enum ps_err ps_disk_open(const char *dir, uint64_t byte_cap, struct ps_disk **disk, char *why,
                         size_t why_size);
/* No operation is under way. */
void ps_disk_close(struct ps_disk *disk);

/* Write or read `size` bytes at the next place, in pieces; sync: and wait until they are durable
 * (fdatasync). Block the calling thread. Any thread, any number at once; little stack. PS_EIO,
 * PS_ELIMIT (no space), PS_ENOMEM. */
enum ps_err ps_disk_write(struct ps_disk *disk, uint64_t size, bool sync);
enum ps_err ps_disk_read(struct ps_disk *disk, uint64_t size);

/* Bytes the files hold now. Any thread. */
uint64_t ps_disk_bytes(const struct ps_disk *disk);

#endif
