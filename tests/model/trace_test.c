/* Traces: what a file says arrives as it says, and what it cannot say is refused by line and column. */
#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/trace.h"
#include "vocabulary.h"

static struct ps_experiment experiment;
static struct ps_complaints complaints;

static void make_experiment(const char *tasks)
{
    char text[1024];
    int n = snprintf(text, sizeof text,
                     "[preset]\ntitle = t\n[arrivals]\nmodel = trace\ntrace = rows.csv\n%s", tasks);
    complaints.count = 0;
    assert_int_equal(
        ps_experiment_parse(&experiment, &test_words, "t.ini", text, (size_t)n, &complaints),
        PS_OK);
}

static int two_types(void **state)
{
    (void)state;
    make_experiment("[task get]\nsteps = row\n[task put]\nsteps = row, yield\n");
    return 0;
}

static int file_of(const char *text, size_t size)
{
    int fd = memfd_create("rows", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, size), (ssize_t)size);
    return fd;
}

static struct ps_trace *begin(const char *text, int *fd)
{
    struct ps_trace *trace = NULL;
    *fd = file_of(text, strlen(text));
    complaints.count = 0;
    assert_int_equal(ps_trace_begin(&trace, *fd, &experiment, &complaints), PS_OK);
    return trace;
}

static void row_is(struct ps_trace *trace, uint64_t at_ns, int type, uint64_t cpu_ns,
                   uint64_t wait_ns)
{
    struct ps_trace_row row;
    assert_int_equal(ps_trace_next(trace, &row, &complaints), PS_TRACE_ROW);
    assert_int_equal(row.at_ns, at_ns);
    assert_int_equal(row.type, type);
    assert_int_equal(row.cpu_ns, cpu_ns);
    assert_int_equal(row.wait_ns, wait_ns);
}

static void end_is(struct ps_trace *trace, int fd)
{
    struct ps_trace_row row;
    assert_int_equal(ps_trace_next(trace, &row, &complaints), PS_TRACE_END);
    assert_int_equal(ps_trace_next(trace, &row, &complaints), PS_TRACE_END);
    assert_int_equal(complaints.count, 0);
    ps_trace_end(trace);
    close(fd);
}

static void rows_are_what_is_written(void **state)
{
    (void)state;
    int fd;
    struct ps_trace *trace = begin("at,type,cpu,wait\n0,get,1ms,0.25\n0.5,put,0,2us\n", &fd);
    row_is(trace, 0, 0, 1000000, 250000000);
    row_is(trace, 500000000, 1, 0, 2000);
    end_is(trace, fd);
}

/* Columns in any order, a byte order mark, CRLF, quotes, blanks, empty lines, no last line end. */
static void as_other_programs_write_them(void **state)
{
    (void)state;
    int fd;
    struct ps_trace *trace = begin(
        "\xef\xbb\xbf\"wait\" , \"at\"\r\n1s,\"10\"\r\n\r\n 2min ,10.000000001\r\n3,12s", &fd);
    row_is(trace, 0, -1, 0, 1000000000);
    row_is(trace, 1, -1, 0, UINT64_C(120000000000));
    row_is(trace, 2000000000, -1, 0, UINT64_C(3000000000));
    end_is(trace, fd);
}

/* Times since 1970, to the nanosecond and beyond it. */
static void times_are_exact(void **state)
{
    (void)state;
    int fd;
    struct ps_trace *trace =
        begin("at\n1700000000.123456789\n1700000000.12345679199\n1700000000123456.8us\n", &fd);
    row_is(trace, 0, -1, 0, 0);
    row_is(trace, 2, -1, 0, 0);
    row_is(trace, 11, -1, 0, 0);
    end_is(trace, fd);
}

/* Rows that lie across the ends of the buffer. */
static void many_rows_stream(void **state)
{
    (void)state;
    enum { ROWS = 20000 };
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    fputs("at,type\n", to);
    for (unsigned i = 0; i < ROWS; i++)
        fprintf(to, "%uus,%s\n", i * 3, i % 3 ? "get" : "put");
    fclose(to);
    int fd;
    struct ps_trace *trace = begin(text, &fd);
    for (unsigned i = 0; i < ROWS; i++)
        row_is(trace, i * UINT64_C(3000), i % 3 ? 0 : 1, 0, 0);
    end_is(trace, fd);
    free(text);
}

static void mistakes_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "rows.csv: empty"},
        {"type\nget\n", "rows.csv:1: there is no column 'at'"},
        {"at,tpye\n",
         "rows.csv:1: column = tpye: line 1 names the columns; allowed: at, type, cpu, "
         "wait; did you mean 'type'?"},
        {"at,cpu,at\n", "rows.csv:1: column = at: named twice"},
        {"at\n1\nx\n", "rows.csv:3: at = x: allowed: a time, in seconds"},
        {"at\n-1\n", "rows.csv:2: at = -1: "},
        {"at\n1.\n", "rows.csv:2: at = 1.: "},
        {"at\n1h\n", "rows.csv:2: at = 1h: "},
        {"at\n99999999999999999999\n", "rows.csv:2: at = 99999999999999999999: "},
        {"at\n2\n\n1.999999999\n", "rows.csv:4: at = 1.999999999: earlier than the row before it"},
        {"at,type\n1,gett\n", "rows.csv:2: type = gett: there is no [task gett] in the experiment; "
                              "did you mean 'get'?"},
        {"at,cpu\n1,61min\n", "rows.csv:2: cpu = 61min: allowed: a time up to 60min"},
        {"at,wait\n1,\n", "rows.csv:2: wait: allowed: "},
        {"at,cpu\n1\n", "rows.csv:2: fewer fields than the 2 columns of line 1"},
        {"at,cpu\n1,1,1\n", "rows.csv:2: more fields than the 2 columns of line 1"},
        {"at\n1\n\t\033[2J\n", "rows.csv:3: at = ?[2J: "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char said[1024];
        int fd = file_of(cases[i].text, strlen(cases[i].text));
        complaints.count = 0;
        if (ps_trace_check(fd, UINT64_MAX, &experiment, &complaints) != PS_EPARSE)
            fail_msg("taken: %s", cases[i].text);
        ps_complaint_text(said, sizeof said, &complaints.list[0]);
        if (strncmp(said, cases[i].says, strlen(cases[i].says)) != 0)
            fail_msg("said '%s', not '%s'", said, cases[i].says);
        close(fd);
    }
}

static void no_csv_is_refused(void **state)
{
    (void)state;
    char text[2 * PS_TRACE_LINE_MAX] = "at\n";
    memset(text + 3, '1', sizeof text - 3);
    int fd = file_of(text, sizeof text);
    complaints.count = 0;
    assert_int_equal(ps_trace_check(fd, UINT64_MAX, &experiment, &complaints), PS_EPARSE);
    assert_int_equal(complaints.list[0].line, 2);
    assert_non_null(strstr(complaints.list[0].text, "1023 bytes"));
    close(fd);
    fd = file_of("at\n1\n\0\0\n", 8);
    complaints.count = 0;
    assert_int_equal(ps_trace_check(fd, UINT64_MAX, &experiment, &complaints), PS_EPARSE);
    assert_non_null(strstr(complaints.list[0].text, "NUL"));
    close(fd);
}

static void work_needs_a_row_step(void **state)
{
    (void)state;
    make_experiment("[task get]\nsteps = yield\n");
    int fd = file_of("at,wait\n", 8);
    assert_int_equal(ps_trace_check(fd, UINT64_MAX, &experiment, &complaints), PS_EPARSE);
    assert_non_null(strstr(complaints.list[0].text, "'row'"));
    close(fd);
}

static void no_type_is_a_type_of_rows(void **state)
{
    (void)state;
    make_experiment("");
    assert_int_equal(experiment.type_count, 1);
    assert_int_equal(experiment.types[0].steps[0].kind, PS_STEP_ROW);
    const char *text = "[preset]\ntitle = t\n[task a]\nsteps = row\n";
    assert_int_equal(
        ps_experiment_parse(&experiment, &test_words, "t", text, strlen(text), &complaints),
        PS_EPARSE);
    assert_string_equal(complaints.list[0].key, "task a.steps");
}

/* A path is seen from the preset's folder; only regular files are opened. */
static void the_file_lies_beside_its_preset(void **state)
{
    (void)state;
    char folder[] = "/tmp/poolscope-trace-XXXXXX", path[64], csv[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/p.ini", folder);
    snprintf(csv, sizeof csv, "%s/rows.csv", folder);
    FILE *to = fopen(path, "we");
    fputs("[preset]\ntitle = t\n[arrivals]\nmodel = trace\ntrace = rows.csv\n", to);
    fclose(to);
    complaints.count = 0;
    int fd = -1;
    assert_int_equal(ps_experiment_load(&experiment, &test_words, path, &complaints), PS_OK);
    assert_int_equal(ps_trace_open(&experiment, &fd, &complaints), PS_EPARSE);
    assert_int_equal(mkfifo(csv, 0600), 0);
    assert_int_equal(ps_trace_open(&experiment, &fd, &complaints), PS_EPARSE);
    assert_string_equal(complaints.list[1].text, "not a regular file");
    unlink(csv);
    to = fopen(csv, "we");
    fclose(to);
    assert_int_equal(ps_trace_open(&experiment, &fd, &complaints), PS_OK);
    close(fd);
    unlink(csv);
    unlink(path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(rows_are_what_is_written, two_types),
        cmocka_unit_test_setup(as_other_programs_write_them, two_types),
        cmocka_unit_test_setup(times_are_exact, two_types),
        cmocka_unit_test_setup(many_rows_stream, two_types),
        cmocka_unit_test_setup(mistakes_are_named, two_types),
        cmocka_unit_test_setup(no_csv_is_refused, two_types),
        cmocka_unit_test(work_needs_a_row_step),
        cmocka_unit_test(no_type_is_a_type_of_rows),
        cmocka_unit_test(the_file_lies_beside_its_preset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
