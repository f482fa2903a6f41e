/* The shipped presets, as a run of them begins. */
#include <glob.h>

#include "support.h"

#include "host/host.h"
#include "model/unused.h"

static void none_warns_when_it_is_run(void **state)
{
    (void)state;
    glob_t files;
    assert_int_equal(glob(TEST_PRESETS "/*.ini", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        const char *path = files.gl_pathv[i];
        struct ps_experiment experiment;
        struct ps_complaints complaints = {0};
        assert_int_equal(ps_experiment_load(&experiment, ps_host_vocabulary(), path, &complaints),
                         PS_OK);
        if (ps_experiment_unused(&experiment, ps_host_vocabulary(), path, &complaints) > 0)
            fail_msg("%s: %s: %s", path, complaints.list[0].key, complaints.list[0].text);
    }
    globfree(&files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(none_warns_when_it_is_run)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
