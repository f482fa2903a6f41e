/* The temporary files of `disk` steps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <dirent.h>
#include <pthread.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/rng.h"
#include "host/disk_files.h"

static char dir[] = "/tmp/poolscope-disk-XXXXXX";
static const uint64_t CAP = 2 * PS_DISK_LEAST_CAP;

static int make_dir(void **state)
{
    (void)state;
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
    (void)state;
    return rmdir(dir); /* fails if a name is left in it */
}

static struct ps_disk *open_disk(void)
{
    struct ps_disk *disk = NULL;
    char why[256] = "";
    assert_int_equal(ps_disk_open(dir, CAP, &disk, why, sizeof why), PS_OK);
    assert_string_equal(why, "");
    return disk;
}

static void files_have_no_names(void **state)
{
    (void)state;
    struct ps_disk *disk = open_disk();
    int names = 0;
    DIR *listing = opendir(dir);
    assert_non_null(listing);
    while (readdir(listing))
        names++;
    closedir(listing);
    assert_int_equal(names, 2); /* . and .. */
    ps_disk_close(disk);
}

static void bounded(void **state)
{
    (void)state;
    struct ps_disk *disk = open_disk();
    assert_int_equal(ps_disk_read(disk, 300000), PS_OK); /* before the first write */
    for (int i = 0; i < 100; i++)
        assert_int_equal(ps_disk_write(disk, 123457, i % 20 == 0), PS_OK);
    assert_int_equal(ps_disk_bytes(disk), CAP); /* 12 MB were written: the cap was reached */
    assert_int_equal(ps_disk_write(disk, 3 * CAP, false), PS_OK);
    assert_int_equal(ps_disk_read(disk, 3 * CAP), PS_OK);
    assert_int_equal(ps_disk_write(disk, 0, true), PS_OK);
    assert_int_equal(ps_disk_bytes(disk), CAP);
    ps_disk_close(disk);
}

static void *use_disk(void *arg)
{
    struct ps_disk *disk = arg;
    struct ps_rng rng = ps_rng_make(3, (uint64_t)(uintptr_t)pthread_self());
    for (int i = 0; i < 300; i++) {
        uint64_t size = ps_rng_below(&rng, 200000);
        enum ps_err err = i % 2 ? ps_disk_write(disk, size, i % 50 == 1) : ps_disk_read(disk, size);
        if (err != PS_OK)
            return "failed";
    }
    return NULL;
}

static void many_threads(void **state)
{
    (void)state;
    struct ps_disk *disk = open_disk();
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use_disk, disk), 0);
    for (int i = 0; i < 4; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    assert_int_equal(ps_disk_bytes(disk), CAP);
    ps_disk_close(disk);
}

static void refusals_say_why(void **state)
{
    (void)state;
    struct ps_disk *disk = NULL;
    char why[256] = "";
    assert_int_equal(ps_disk_open("/nowhere/at/all", CAP, &disk, why, sizeof why), PS_ENOENT);
    assert_non_null(strstr(why, "/nowhere/at/all"));
    assert_int_equal(ps_disk_open(dir, 1, &disk, why, sizeof why), PS_EINVAL);
    struct statvfs fs;
    assert_int_equal(statvfs(dir, &fs), 0);
    uint64_t all_that_is_free = (uint64_t)fs.f_bavail * fs.f_frsize;
    assert_int_equal(ps_disk_open(dir, all_that_is_free, &disk, why, sizeof why), PS_ELIMIT);
    assert_non_null(strstr(why, "10 %"));
    assert_int_equal(ps_disk_open("/proc", CAP, &disk, why, sizeof why) != PS_OK, 1);
    assert_null(disk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_have_no_names),
        cmocka_unit_test(bounded),
        cmocka_unit_test(many_threads),
        cmocka_unit_test(refusals_say_why),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
