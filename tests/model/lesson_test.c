#include "support.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/lesson_text.h"
#include "model/library.h"
#include "vocabulary.h"

static void assert_slice(struct ps_slice slice, const char *text)
{
    if (slice.length != strlen(text) || strncmp(slice.at, text, slice.length) != 0)
        fail_msg("'%.*s' instead of '%s'", (int)slice.length, slice.at, text);
}

#define TITLE    "# A title\n"
#define QUESTION "\n## Question\nHow many?\nReally?\n\n"
#define ANSWERS  "1. none\n2. about\n   two *\n3. all\n"
#define SECTIONS                                                                \
    "## Watch for\n* this\n* that\n\n## Why\nBecause.\n## In real life\nYes.\n" \
    "## Try next\nThat.\n## References\nHere.\n"

static void a_lesson_is_read(void **state)
{
    (void)state;
    struct ps_lesson lesson;
    struct ps_lesson_fault fault;
    assert_true(ps_lesson_parse(TITLE QUESTION ANSWERS SECTIONS, &lesson, &fault));
    assert_slice(lesson.title, "A title");
    assert_slice(lesson.question, "How many?\nReally?");
    assert_int_equal(lesson.answer_count, 3);
    assert_int_equal(lesson.right, 1);
    assert_slice(lesson.answers[0], "none");
    assert_slice(lesson.answers[1], "about\n   two");
    assert_slice(lesson.watch, "* this\n* that");
    assert_slice(lesson.why, "Because.");
    assert_slice(lesson.real_life, "Yes.");
    assert_slice(lesson.try_next, "That.");
    assert_slice(lesson.references, "Here.");
    assert_int_equal(lesson.notes.length, 0);
}

static void notes_for_the_teacher_may_follow(void **state)
{
    (void)state;
    struct ps_lesson lesson;
    struct ps_lesson_fault fault;
    assert_true(ps_lesson_parse(TITLE QUESTION ANSWERS SECTIONS
                                "\n## Teacher notes\n* Ten minutes.\n* Ask why.\n",
                                &lesson, &fault));
    assert_slice(lesson.references, "Here.");
    assert_slice(lesson.notes, "* Ten minutes.\n* Ask why.");
}

static void a_faulty_lesson_is_refused_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned line;
        const char *says;
    } cases[] = {
        {"", 1, "# Title"},
        {"#Title\n", 1, "# Title"},
        {"# \n", 1, "empty title"},
        {TITLE "## Why\nx\n", 2, "## Question"},
        {TITLE "## Question\n" ANSWERS SECTIONS, 3, "empty section"},
        {TITLE QUESTION "1. one *\n" SECTIONS, 8, "fewer than two"},
        {TITLE QUESTION "1. one\n2. two\n" SECTIONS, 9, "exactly one"},
        {TITLE QUESTION "1. one *\n2. two *\n" SECTIONS, 9, "exactly one"},
        {TITLE QUESTION "1. one *\n3. two\n" SECTIONS, 8, "numbered"},
        {TITLE QUESTION "1. a *\n2. b\n3. c\n4. d\n5. e\n" SECTIONS, 11, "four"},
        {TITLE QUESTION ANSWERS "so\n" SECTIONS, 11, "behind the answers"},
        {TITLE QUESTION ANSWERS "## Why\nx\n", 11, "## Watch for"},
        {TITLE QUESTION ANSWERS SECTIONS "## More\n", 23, "## Teacher notes"},
        {TITLE QUESTION ANSWERS SECTIONS "## Teacher notes\n\n", 25, "empty section"},
        {TITLE QUESTION ANSWERS SECTIONS "## Teacher notes\nx\n# y\n", 25, "behind the teacher"},
        {TITLE QUESTION ANSWERS "## Watch for\n## Why\nx\n", 12, "empty section"},
        {TITLE "\x1b[2J\n", 2, "control byte"},
        {TITLE "\xff\n", 2, "UTF-8"},
        {TITLE "1234567890123456789012345678901234567890123456789012345678901234567890123456x", 2,
         "76 columns"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ps_lesson lesson;
        struct ps_lesson_fault fault = {0, ""};
        if (ps_lesson_parse(cases[i].text, &lesson, &fault))
            fail_msg("case %zu is accepted", i);
        if (fault.line != cases[i].line || !strstr(fault.text, cases[i].says))
            fail_msg("case %zu: line %u, %s", i, fault.line, fault.text);
    }
}

static void every_shipped_lesson_is_whole(void **state)
{
    (void)state;
    struct ps_library library;
    char why[256];
    setenv("POOLSCOPE_PRESETS", TEST_PRESETS, 1);
    setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
    assert_int_equal(ps_library_load(&library, &test_words, why, sizeof why), PS_OK);
    for (size_t i = 0; i < library.count; i++) {
        const struct ps_preset *preset = &library.presets[i];
        struct ps_lesson lesson;
        struct ps_lesson_fault fault;
        char *text;
        if (ps_preset_lesson(preset, &text) != PS_OK)
            fail_msg("%s has no text", preset->name);
        if (!ps_lesson_parse(text, &lesson, &fault))
            fail_msg("%s.md:%u: %s", preset->name, fault.line, fault.text);
        assert_in_range(lesson.answer_count, 2, PS_ANSWERS_MAX);
        assert_true(lesson.right < lesson.answer_count);
        assert_slice(lesson.title, preset->experiment.title);
        if (lesson.notes.length == 0)
            fail_msg("%s.md has nothing for the teacher", preset->name);
        free(text);
    }
    ps_library_free(&library);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lesson_is_read),
        cmocka_unit_test(notes_for_the_teacher_may_follow),
        cmocka_unit_test(a_faulty_lesson_is_refused_with_its_line),
        cmocka_unit_test(every_shipped_lesson_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
