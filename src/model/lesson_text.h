/* The text of a lesson: Markdown with fixed headings, beside its preset.
 *
 *   # Title
 *   ## Question        prose, then 2-4 answers "1. text"; the right one ends in " *"
 *   ## Watch for
 *   ## Why
 *   ## In real life
 *   ## Try next
 *   ## References
 *   ## Teacher notes   may be left out; not for the class to see
 *
 * In this order, each once, none empty, lines of at most 76 columns. An answer may go on in lines
 * that are indented by three spaces or more. */
#ifndef PS_MODEL_LESSON_TEXT_H
#define PS_MODEL_LESSON_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define PS_ANSWERS_MAX    4u
#define PS_LESSON_COLUMNS 76u

/* Part of the caller's text; no NUL behind it. Line ends within it are kept, those around it are
 * not. */
struct ps_slice {
    const char *at;
    size_t length;
};

struct ps_lesson {
    struct ps_slice title, question;         /* without the answers */
    unsigned answer_count;                   /* 2..PS_ANSWERS_MAX */
    unsigned right;                          /* index of the right answer */
    struct ps_slice answers[PS_ANSWERS_MAX]; /* without number and star */
    struct ps_slice watch, why, real_life, try_next, references;
    struct ps_slice notes; /* for the teacher; length 0: there are none */
};

/* Why a text is no lesson. */
struct ps_lesson_fault {
    unsigned line; /* 1-based */
    const char *text;
};

/* The slices point into text, which the caller keeps. */
bool ps_lesson_parse(const char *text, struct ps_lesson *lesson, struct ps_lesson_fault *fault);

#endif
