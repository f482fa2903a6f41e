/* Kernels as a user meets them: the answers of a run, a deadlock where there must be one, the picture. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>
#include <png.h>

#include "support.h"

#include "app/process.h"

#define SECONDS   60
#define ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define KERNELS   TEST_DATA "/kernels.ini"

static json_t *run(const char *const *arguments, int code)
{
    json_error_t error;
    struct process_result r = process_run(arguments, SECONDS);
    json_t *root = json_loads(r.out, JSON_REJECT_DUPLICATES, &error);
    if (!root || r.code != code)
        fail_msg("exit %d, '%s', standard error: %s", r.code, r.out, r.err);
    process_result_free(&r);
    return root;
}

static json_t *answer_of(json_t *root, const char *kernel)
{
    json_t *answer = json_object_get(json_object_get(root, "answers"), kernel);
    if (!answer)
        fail_msg("no answer of %s", kernel);
    return answer;
}

static void known_answers_are_right(void **state)
{
    (void)state;
    static const struct {
        const char *kernel;
        json_int_t value;
    } known[] = {{"fib", 832040},
                 {"skynet", 499999500000},
                 {"nqueens", 724},
                 {"quicksort", 100000},
                 {"primes", 1229}};
    json_t *root = run(ARGS("run", KERNELS, "--json"), 0);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        json_t *answer = answer_of(root, known[i].kernel);
        assert_int_equal(json_integer_value(json_object_get(answer, "value")), known[i].value);
        assert_true(json_is_true(json_object_get(answer, "ok")));
        assert_int_equal(json_integer_value(json_object_get(answer, "runs")), 1);
        assert_int_equal(json_integer_value(json_object_get(answer, "wrong")), 0);
        assert_true(json_integer_value(json_object_get(answer, "fastest_ns")) > 0);
    }
    assert_true(json_is_true(json_object_get(root, "conserved")));
    assert_true(json_integer_value(json_object_get(root, "completed")) > 10000);
    json_decref(root);
}

/* Recursion on a pool whose workers wait for children and do nothing else. */
static void a_deadlock_has_no_answer(void **state)
{
    (void)state;
    json_t *root =
        run(ARGS("run", KERNELS, "--json", "--engine", "threadpool:fifo", "--set",
                 "engine.wait=block", "--set", "task known.steps=fib 30, touch packed 5"),
            3);
    assert_string_equal(json_string_value(json_object_get(root, "ended")), "deadlock");
    assert_non_null(strstr(json_string_value(json_object_get(root, "message")), "in task 'known'"));
    json_t *answer = answer_of(root, "fib");
    assert_true(json_is_null(json_object_get(answer, "value")));
    assert_true(json_is_null(json_object_get(answer, "ok")));
    assert_true(json_is_null(json_object_get(answer, "mean_ns")));
    assert_int_equal(json_integer_value(json_object_get(answer, "runs")), 0);
    json_decref(root);
}

static void refused(const char *const *arguments, int code, const char *says)
{
    struct process_result r = process_run(arguments, SECONDS);
    if (r.code != code || !strstr(r.err, says) || r.out_size)
        fail_msg("exit %d, %s%s", r.code, r.out, r.err);
    process_result_free(&r);
}

static void check_png(const char *path)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    assert_true(png_image_begin_read_from_file(&image, path));
    assert_true(image.width == 200 && image.height == 100);
    image.format = PNG_FORMAT_RGB;
    uint8_t *pixels = malloc(PNG_IMAGE_SIZE(image));
    assert_non_null(pixels);
    assert_true(png_image_finish_read(&image, NULL, pixels, 0, NULL));
    unsigned grey = 0;
    for (unsigned i = 0; i < 200 * 100; i++)
        grey += pixels[3 * i] == 64 && pixels[3 * i + 1] == 64 && pixels[3 * i + 2] == 64;
    assert_true(grey < 20); /* every tile has an owner */
    free(pixels);
}

static void the_picture_can_be_kept(void **state)
{
    (void)state;
    char folder[] = "/tmp/poolscope-julia-XXXXXX", path[64];
    struct stat first, second;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/julia.png", folder);
    const char *const steps = "task known.steps=julia 200x100 100";
    mode_t mask = umask(027);
    json_decref(run(ARGS("run", KERNELS, "--json", "--set", steps, "--julia", path), 0));
    umask(mask);
    check_png(path);
    assert_int_equal(stat(path, &first), 0);
    assert_int_equal(first.st_mode & 0777, 0640);
    refused(ARGS("run", KERNELS, "--json", "--set", steps, "--julia", path), 1,
            "exists already; --force replaces it");
    json_decref(run(ARGS("run", KERNELS, "--json", "--set", steps, "--julia", path, "--force"), 0));
    assert_int_equal(stat(path, &second), 0);
    assert_true(first.st_ino != second.st_ino);
    refused(ARGS("run", KERNELS, "--julia", "julia.jpg"), 2, "must end in .png");
    refused(ARGS("run", KERNELS, "--force"), 2, "--force goes with --record or --julia");
    refused(ARGS("run", "quick-demo", "--plain", "--julia", path), 2, "julia step");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0); /* nothing else is left */
}

static void the_plain_report_says_them(void **state)
{
    (void)state;
    struct process_result r = process_run(
        ARGS("run", KERNELS, "--plain", "--set", "task known.steps=fib 9, fib 10"), SECONDS);
    assert_int_equal(r.code, 0);
    assert_non_null(strstr(r.out, "answer     fib 9 = 34: right in 1 run, "));
    assert_non_null(strstr(r.out, "answer     fib 10 = 55: right in 1 run, "));
    process_result_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers_are_right),
        cmocka_unit_test(a_deadlock_has_no_answer),
        cmocka_unit_test(the_picture_can_be_kept),
        cmocka_unit_test(the_plain_report_says_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
