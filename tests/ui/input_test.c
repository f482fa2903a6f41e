/* Bytes of a terminal as inputs: every key, the mouse, and sequences that are split on the way. */
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "check.h"
#include "ui/reader.h"

static const struct {
    const char *bytes;
    struct ps_input input;
} cases[] = {
    {"a", {'a', 0, 0}},
    {"\r", {PS_INPUT_ENTER, 0, 0}},
    {"\t", {PS_INPUT_TAB, 0, 0}},
    {"\f", {PS_INPUT_CTRL_L, 0, 0}},
    {"\177", {PS_INPUT_BACKSPACE, 0, 0}},
    {"\xc3\xa9", {0xe9, 0, 0}},
    {"\xf0\x9f\x98\x80", {0x1f600, 0, 0}},
    {"\xff", {-1, 0, 0}},
    {"\033[A", {PS_INPUT_UP, 0, 0}},
    {"\033OB", {PS_INPUT_DOWN, 0, 0}},
    {"\033[5~", {PS_INPUT_PAGE_UP, 0, 0}},
    {"\033[21~", {PS_INPUT_F10, 0, 0}},
    {"\033[[A", {PS_INPUT_F1, 0, 0}},
    {"\033[Z", {PS_INPUT_BACK_TAB, 0, 0}},
    /* What nobody knows is no key. */
    {"\033[1;5C", {-1, 0, 0}},
    {"\033[200~", {-1, 0, 0}},
    {"\033[?62;22c", {-1, 0, 0}},
    {"\033Ox", {-1, 0, 0}},
    /* Nor is what the terminal answers to somebody else: a colour, its version, a clipboard. */
    {"\033]11;rgb:1e1e/1e1e/1e1e\033\\", {-1, 0, 0}},
    {"\033]11;rgb:1e1e/1e1e/1e1e\a", {-1, 0, 0}},
    {"\033P>|XTerm(379)\033\\", {-1, 0, 0}},
    {"\033_Gi=31;OK\033\\", {-1, 0, 0}},
    {"\033]52;c;cQ==\030", {-1, 0, 0}},
    /* The mouse: click, with Shift, release, other buttons, wheel, motion, dragging. */
    {"\033[<0;11;6M", {PS_INPUT_MOUSE, 10, 5}},
    {"\033[<4;11;6M", {PS_INPUT_MOUSE, 10, 5}},
    {"\033[<0;11;6m", {-1, 10, 5}},
    {"\033[<2;11;6M", {-1, 10, 5}},
    {"\033[<64;1;1M", {PS_INPUT_UP, 0, 0}},
    {"\033[<65;1;1M", {PS_INPUT_DOWN, 0, 0}},
    {"\033[<35;250;60M", {PS_INPUT_MOTION, 249, 59}},
    {"\033[<32;3;4M", {PS_INPUT_MOTION, 2, 3}},
    {"\033[<0;0;6M", {-1, -1, 5}},
    {"\033[<0;6M", {-1, 5, -1}},
    {"\033[<1;2;3;4M", {-1, 0, 0}},
    {"\033[<99999999999999;99999999999999;9M", {-1, 0, 0}},
    {"\033[M +&", {PS_INPUT_MOUSE, 10, 5}},
    {"\033[M#+&", {-1, 10, 5}},
    {"\033[MC+&", {PS_INPUT_MOTION, 10, 5}},
};
enum { CASES = sizeof cases / sizeof cases[0] };

static void same_input(const struct ps_input *found, unsigned i)
{
    const struct ps_input *wanted = &cases[i].input;
    bool cell = wanted->key == PS_INPUT_MOUSE || wanted->key == PS_INPUT_MOTION;
    if (found->key != wanted->key)
        print_error("case %u: key %d\n", i, found->key);
    assert_int_equal(found->key, wanted->key);
    assert_true(!cell || (found->x == wanted->x && found->y == wanted->y));
}

/* However much of it has come, nothing else is made of it. */
static void a_sequence_is_taken_whole(void **state)
{
    (void)state;
    struct ps_input_decoder d;
    ps_input_decoder_init(&d);
    for (unsigned i = 0; i < CASES; i++) {
        size_t length = strlen(cases[i].bytes);
        char followed[64];
        struct ps_input input;
        for (size_t n = 0; n < length; n++)
            assert_int_equal(ps_input_decode(&d, cases[i].bytes, n, false, &input), 0);
        snprintf(followed, sizeof followed, "%sq", cases[i].bytes);
        assert_int_equal(ps_input_decode(&d, followed, length + 1, false, &input), length);
        same_input(&input, i);
    }
}

static void an_escape_alone_is_a_key(void **state)
{
    (void)state;
    static const char *const begun[] = {"\033",  "\033[", "\033O", "\033\033",
                                        "\033x", "\033]", "\033P"};
    struct ps_input_decoder d;
    struct ps_input input;
    ps_input_decoder_init(&d);
    for (unsigned i = 0; i < sizeof begun / sizeof begun[0]; i++) {
        size_t length = strlen(begun[i]);
        assert_int_equal(ps_input_decode(&d, begun[i], length, true, &input), 1);
        assert_int_equal(input.key, PS_INPUT_ESC);
    }
    /* A report that has begun is none, however long the rest takes. */
    assert_int_equal(ps_input_decode(&d, "\033[<35;1", 7, true, &input), 0);
    /* What cannot go on so is left; the key behind it is not. */
    assert_int_equal(ps_input_decode(&d, "\033[<35;\r", 7, false, &input), 6);
    assert_int_equal(input.key, -1);
}

/* The end of a string may never come. */
static void a_string_without_end_holds_no_key_back(void **state)
{
    (void)state;
    struct ps_input_decoder d;
    struct ps_input input;
    char endless[2000] = "\033]";
    ps_input_decoder_init(&d);
    assert_int_equal(ps_input_decode(&d, "\033]11;r", 6, false, &input), 0);
    assert_int_equal(ps_input_decode(&d, "\033]11;r", 6, true, &input), 6);
    assert_int_equal(input.key, -1);
    assert_int_equal(ps_input_decode(&d, "\033]11;r\033[A", 9, false, &input), 6);
    assert_int_equal(input.key, -1);
    memset(endless + 2, 'q', sizeof endless - 2);
    assert_in_range(ps_input_decode(&d, endless, sizeof endless, false, &input), 3, 1023);
    assert_int_equal(input.key, -1);
}

static void a_terminal_names_its_keys(void **state)
{
    (void)state;
    struct ps_input_decoder d;
    struct ps_input input;
    ps_input_decoder_init(&d);
    ps_input_define(&d, "\033[99~", PS_INPUT_UP);
    ps_input_define(&d, "kkk", PS_INPUT_UP);
    assert_int_equal(ps_input_decode(&d, "\033[99~", 5, false, &input), 5);
    assert_int_equal(input.key, PS_INPUT_UP);
    assert_int_equal(ps_input_decode(&d, "kkk", 3, false, &input), 1);
    assert_int_equal(input.key, 'k');
}

enum { REPORTS = 100000, BETWEEN = 1000 };

/* Write what fits; returns where it goes on. */
static size_t push(int fd, const char *bytes, size_t at, size_t size)
{
    ssize_t n = at < size ? write(fd, bytes + at, size - at) : 0;
    return n > 0 ? at + (size_t)n : at;
}

/* A mouse that runs about, and a key after every 1,000 reports, through a pipe that fills up and is cut
 * anywhere: every key comes, and none that was not typed. */
static void a_flood_of_motion_loses_no_key(void **state)
{
    (void)state;
    static char bytes[REPORTS * 16];
    static struct ps_reader reader;
    size_t size = 0, at = 0;
    unsigned keys = 0, motions = 0;
    int fd[2], last_x = 0;
    for (unsigned i = 0; i < REPORTS; i++) {
        size += (size_t)sprintf(bytes + size, "\033[<35;%u;%uM", 1 + i % 250, 1 + i % 60);
        if (i % BETWEEN == BETWEEN - 1)
            bytes[size++] = (char)('a' + i / BETWEEN % 26);
    }
    assert_int_equal(pipe2(fd, O_NONBLOCK | O_CLOEXEC), 0);
    ps_reader_init(&reader, fd[0]);
    while (motions + keys < REPORTS + REPORTS / BETWEEN) {
        at = push(fd[1], bytes, at, size);
        for (;;) {
            struct ps_input input = ps_reader_next(&reader);
            if (input.key == PS_INPUT_NONE)
                break;
            if (input.key == PS_INPUT_MOTION) {
                motions++;
                last_x = input.x;
                continue;
            }
            assert_int_equal(input.key, 'a' + (int)(keys++ % 26));
        }
    }
    assert_int_equal(motions, REPORTS);
    assert_int_equal(keys, REPORTS / BETWEEN);
    assert_int_equal(last_x, (REPORTS - 1) % 250);
    close(fd[1]);
    assert_int_equal(ps_reader_next(&reader).key, PS_INPUT_HANGUP);
    close(fd[0]);
}

static void on_alarm(int number)
{
    (void)number;
}

/* A signal a millisecond: an ESC is nevertheless alone only when nothing has followed for so long. */
static void a_signal_makes_no_escape(void **state)
{
    (void)state;
    static struct ps_reader reader;
    struct sigaction action = {.sa_handler = on_alarm};
    struct itimerval often = {.it_interval.tv_usec = 1000, .it_value.tv_usec = 1000}, never = {0};
    int fd[2];
    assert_int_equal(pipe2(fd, O_NONBLOCK | O_CLOEXEC), 0);
    ps_reader_init(&reader, fd[0]);
    assert_int_equal(write(fd[1], "\033", 1), 1);
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    uint64_t begun_ns = ps_now_ns();
    assert_int_equal(ps_reader_next(&reader).key, PS_INPUT_ESC);
    assert_true(ps_now_ns() - begun_ns >= PS_READER_ESC_MS * PS_NS_PER_MS);
    setitimer(ITIMER_REAL, &never, NULL);
    close(fd[0]);
    close(fd[1]);
}

/* What is still on its way when the program ends does not become the shell's. */
static void what_is_dropped_is_gone(void **state)
{
    (void)state;
    static struct ps_reader reader;
    int fd[2];
    assert_int_equal(pipe2(fd, O_NONBLOCK | O_CLOEXEC), 0);
    ps_reader_init(&reader, fd[0]);
    assert_int_equal(write(fd[1], "x\033[<35;1;1M\033[<35", 17), 17);
    assert_int_equal(ps_reader_next(&reader).key, 'x');
    assert_int_equal(write(fd[1], ";2;1M", 5), 5);
    ps_reader_drop(&reader, 0, 1000);
    assert_int_equal(ps_reader_next(&reader).key, PS_INPUT_NONE);
    assert_int_equal(write(fd[1], "y", 1), 1);
    assert_int_equal(ps_reader_next(&reader).key, 'y');
    close(fd[0]);
    close(fd[1]);
}

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sequence_is_taken_whole),
        cmocka_unit_test(an_escape_alone_is_a_key),
        cmocka_unit_test(a_string_without_end_holds_no_key_back),
        cmocka_unit_test(a_terminal_names_its_keys),
        cmocka_unit_test(a_flood_of_motion_loses_no_key),
        cmocka_unit_test(a_signal_makes_no_escape),
        cmocka_unit_test(what_is_dropped_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
