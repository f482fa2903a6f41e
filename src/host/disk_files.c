/* An operation takes a file in turn and a place in it by one fetch_add; positional reads and writes
 * need no lock. Files grow by whole pieces under `grow_lock`, where the free space is looked at
 * again: `size` of a file is published (release) after it was written so far, so a reader (acquire)
 * that goes round below `size` reads bytes that exist.
 *
 * Buffers: one block of bytes to write, never changed; blocks to read into, from a free list (a
 * buffer on the stack would be too much for a green thread, a shared one would be a data race). */
#include "host/disk_files.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/rng.h"
#include "base/text.h"

enum { BLOCK = 64 * 1024 }; /* bytes a system call, and what a file grows by */

struct block {
    struct block *next;
    unsigned char bytes[BLOCK];
};

struct file {
    _Alignas(
        128) _Atomic uint64_t cursor; /* next place, goes round at size (reads) or cap (writes) */
    _Atomic uint64_t size;            /* a multiple of BLOCK; only grows */
    int fd;
};

struct ps_disk {
    struct file files[PS_DISK_FILES];
    _Atomic uint32_t next_file;
    uint64_t file_cap; /* a multiple of BLOCK */
    pthread_mutex_t grow_lock;
    _Atomic bool full; /* the file system is: no more growing */
    pthread_mutex_t block_lock;
    struct block *blocks;
    unsigned char pattern[BLOCK];
};

/* ---- space ---- */

static bool leaves_a_tenth_free(const struct statvfs *fs, uint64_t bytes)
{
    uint64_t available = (uint64_t)fs->f_bavail * fs->f_frsize;
    uint64_t total = (uint64_t)fs->f_blocks * fs->f_frsize;
    return available >= bytes && available - bytes >= total / 10;
}

static enum ps_err write_block(struct ps_disk *disk, int fd, uint64_t at, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t n = pwrite(fd, disk->pattern + done, size - done, (off_t)(at + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? ps_err_from_errno(errno) : PS_EIO;
        done += (size_t)n;
    }
    return PS_OK;
}

/* The file gets a block more, unless it or the file system is full, or another thread was faster.
 */
static enum ps_err grow(struct ps_disk *disk, struct file *file, uint64_t seen)
{
    struct statvfs fs;
    enum ps_err err = PS_OK;
    pthread_mutex_lock(&disk->grow_lock);
    uint64_t size = atomic_load_explicit(&file->size, memory_order_relaxed);
    if (size == seen && size < disk->file_cap) {
        if (fstatvfs(file->fd, &fs) != 0)
            err = ps_err_from_errno(errno);
        else if (!leaves_a_tenth_free(&fs, BLOCK))
            atomic_store_explicit(&disk->full, true, memory_order_relaxed);
        else
            err = write_block(disk, file->fd, size, BLOCK);
        if (err == PS_OK && !atomic_load_explicit(&disk->full, memory_order_relaxed))
            atomic_store_explicit(&file->size, size + BLOCK, memory_order_release);
    }
    pthread_mutex_unlock(&disk->grow_lock);
    return err;
}

/* ---- opening ---- */

static int open_unnamed(const char *dir)
{
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return fd;
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/poolscope-XXXXXX", dir);
    if (length < 0 || (size_t)length >= sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

static enum ps_err check_space(const char *dir, uint64_t byte_cap, char *why, size_t why_size)
{
    struct statvfs fs;
    if (statvfs(dir, &fs) != 0) {
        snprintf(why, why_size, "%s: %s", dir, strerror(errno));
        return ps_err_from_errno(errno);
    }
    if (leaves_a_tenth_free(&fs, byte_cap))
        return PS_OK;
    char wanted[32], available[32];
    snprintf(why, why_size, "%s: %s for temporary files would leave less than 10 %% free (%s free)",
             dir, ps_format_bytes(wanted, sizeof wanted, byte_cap),
             ps_format_bytes(available, sizeof available, (uint64_t)fs.f_bavail * fs.f_frsize));
    return PS_ELIMIT;
}

static struct ps_disk *allocate(uint64_t byte_cap)
{
    struct ps_disk *disk = NULL;
    if (posix_memalign((void **)&disk, 128, sizeof *disk) != 0)
        return NULL;
    memset(disk, 0, sizeof *disk);
    for (unsigned i = 0; i < PS_DISK_FILES; i++)
        disk->files[i].fd = -1;
    disk->file_cap = byte_cap / PS_DISK_FILES / BLOCK * BLOCK;
    pthread_mutex_init(&disk->grow_lock, NULL);
    pthread_mutex_init(&disk->block_lock, NULL);
    struct ps_rng rng = ps_rng_make(byte_cap, 0); /* bytes that do not compress */
    for (size_t i = 0; i < BLOCK; i += sizeof(uint64_t)) {
        uint64_t word = ps_rng_next(&rng);
        memcpy(disk->pattern + i, &word, sizeof word);
    }
    return disk;
}

enum ps_err ps_disk_open(const char *dir, uint64_t byte_cap, struct ps_disk **opened, char *why,
                         size_t why_size)
{
    if (byte_cap < PS_DISK_LEAST_CAP) {
        snprintf(why, why_size, "temporary files need at least 1 MiB");
        return PS_EINVAL;
    }
    enum ps_err err = check_space(dir, byte_cap, why, why_size);
    if (err != PS_OK)
        return err;
    struct ps_disk *disk = allocate(byte_cap);
    if (!disk) {
        snprintf(why, why_size, "%s", ps_err_text(PS_ENOMEM));
        return PS_ENOMEM;
    }
    for (unsigned i = 0; i < PS_DISK_FILES && err == PS_OK; i++) {
        struct file *file = &disk->files[i];
        file->fd = open_unnamed(dir);
        err = file->fd < 0 ? ps_err_from_errno(errno) : grow(disk, file, 0);
        if (err == PS_OK && atomic_load(&file->size) == 0)
            err = PS_ELIMIT; /* filled up by somebody else since check_space */
    }
    if (err != PS_OK) {
        snprintf(why, why_size, "%s: cannot make a temporary file: %s", dir, ps_err_text(err));
        ps_disk_close(disk);
        return err;
    }
    *opened = disk;
    return PS_OK;
}

void ps_disk_close(struct ps_disk *disk)
{
    for (unsigned i = 0; i < PS_DISK_FILES; i++)
        if (disk->files[i].fd >= 0)
            close(disk->files[i].fd);
    struct block *block;
    while ((block = disk->blocks)) {
        disk->blocks = block->next;
        free(block);
    }
    pthread_mutex_destroy(&disk->grow_lock);
    pthread_mutex_destroy(&disk->block_lock);
    free(disk);
}

uint64_t ps_disk_bytes(const struct ps_disk *disk)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < PS_DISK_FILES; i++)
        sum += atomic_load_explicit(&((struct ps_disk *)disk)->files[i].size, memory_order_acquire);
    return sum;
}

/* ---- operations ---- */

static struct file *next_file(struct ps_disk *disk)
{
    uint32_t turn = atomic_fetch_add_explicit(&disk->next_file, 1, memory_order_relaxed);
    return &disk->files[turn % PS_DISK_FILES];
}

/* A place for `want` bytes within a block of [0, size), and how many fit. */
static uint64_t next_place(struct file *file, uint64_t want, uint64_t size, size_t *fits)
{
    uint64_t at = atomic_fetch_add_explicit(&file->cursor, want, memory_order_relaxed) % size;
    uint64_t left = BLOCK - at % BLOCK;
    *fits = (size_t)(want < left ? want : left);
    return at;
}

static enum ps_err room_to_write(struct ps_disk *disk, struct file *file, uint64_t *size)
{
    *size = atomic_load_explicit(&file->size, memory_order_acquire);
    uint64_t cursor = atomic_load_explicit(&file->cursor, memory_order_relaxed);
    if (cursor < *size || *size >= disk->file_cap ||
        atomic_load_explicit(&disk->full, memory_order_relaxed))
        return PS_OK;
    enum ps_err err = grow(disk, file, *size);
    *size = atomic_load_explicit(&file->size, memory_order_acquire);
    return err;
}

enum ps_err ps_disk_write(struct ps_disk *disk, uint64_t size, bool sync)
{
    struct file *file = next_file(disk);
    while (size > 0) {
        uint64_t bound;
        size_t piece;
        enum ps_err err = room_to_write(disk, file, &bound);
        if (err != PS_OK)
            return err;
        uint64_t at = next_place(file, size < BLOCK ? size : BLOCK, bound, &piece);
        err = write_block(disk, file->fd, at, piece);
        if (err != PS_OK)
            return err;
        size -= piece;
    }
    return sync && fdatasync(file->fd) != 0 ? ps_err_from_errno(errno) : PS_OK;
}

static struct block *take_block(struct ps_disk *disk)
{
    pthread_mutex_lock(&disk->block_lock);
    struct block *block = disk->blocks;
    if (block)
        disk->blocks = block->next;
    pthread_mutex_unlock(&disk->block_lock);
    return block ? block : malloc(sizeof *block);
}

static void put_block(struct ps_disk *disk, struct block *block)
{
    pthread_mutex_lock(&disk->block_lock);
    block->next = disk->blocks;
    disk->blocks = block;
    pthread_mutex_unlock(&disk->block_lock);
}

static enum ps_err read_block(int fd, struct block *block, uint64_t at, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t n = pread(fd, block->bytes + done, size - done, (off_t)(at + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? ps_err_from_errno(errno) : PS_EIO;
        done += (size_t)n;
    }
    return PS_OK;
}

enum ps_err ps_disk_read(struct ps_disk *disk, uint64_t size)
{
    struct file *file = next_file(disk);
    struct block *block = take_block(disk);
    if (!block)
        return PS_ENOMEM;
    enum ps_err err = PS_OK;
    while (size > 0 && err == PS_OK) {
        uint64_t bound = atomic_load_explicit(&file->size, memory_order_acquire);
        size_t piece;
        uint64_t at = next_place(file, size < BLOCK ? size : BLOCK, bound, &piece);
        err = read_block(file->fd, block, at, piece);
        size -= piece;
    }
    put_block(disk, block);
    return err;
}
