/* One input of the fuzzer: parse it; what is accepted must be written and parsed to the same text;
 * what is refused must give a clean reason; get and set must survive any key. Aborts on a broken
 * promise. */
#include "preset_fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/lesson_text.h"
#include "model/vocabulary.h"

static void demand(bool held, const char *promise)
{
    if (held)
        return;
    fprintf(stderr, "broken: %s\n", promise);
    abort();
}

static void check_complaints(const struct ps_complaints *complaints)
{
    demand(complaints->count > 0, "a refusal has a reason");
    for (unsigned i = 0; i < complaints->count && i < PS_COMPLAINTS_MAX; i++) {
        char line[1024];
        ps_complaint_text(line, sizeof line, &complaints->list[i]);
        demand(ps_utf8_valid(line, strlen(line)), "a complaint is UTF-8");
        for (const char *at = line; *at; at++)
            demand((unsigned char)*at >= 0x20 && *at != 0x7f, "a complaint has no control bytes");
    }
}

static void check_round_trip(const struct ps_experiment *experiment)
{
    static struct ps_experiment back;
    struct ps_complaints complaints = {.count = 0};
    char *text, *again;
    size_t size, again_size;
    demand(ps_experiment_text(experiment, &text, &size) == PS_OK, "it can be written");
    demand(ps_experiment_parse(&back, &test_words, "again", text, size, &complaints) == PS_OK,
           "what is written parses");
    demand(ps_experiment_text(&back, &again, &again_size) == PS_OK, "it can be written again");
    demand(size == again_size && memcmp(text, again, size) == 0, "writing is a fixed point");
    double cpu_ns, wait_ns;
    ps_experiment_mean(experiment, &cpu_ns, &wait_ns);
    demand(cpu_ns >= 0 && wait_ns >= 0, "means are numbers");
    free(text);
    free(again);
}

/* The first line as a key, the second as its value, on an experiment with one type. */
static void check_set(const char *text)
{
    static struct ps_experiment experiment, before;
    static const char base[] = "[preset]\ntitle = t\n[task a]\nsteps = lock l 1ms, cpu 1ms\n";
    struct ps_complaints complaints = {.count = 0};
    char key[256], value[512];
    const char *line_end = text + strcspn(text, "\n");
    snprintf(key, sizeof key, "%.*s", (int)(line_end - text < 255 ? line_end - text : 255), text);
    snprintf(value, sizeof value, "%s", *line_end ? line_end + 1 : "");
    ps_experiment_parse(&experiment, &test_words, "base", base, sizeof base - 1, &complaints);
    before = experiment;
    if (ps_experiment_set(&experiment, &test_words, key, value, "fuzz", &complaints) != PS_OK)
        demand(memcmp(&before, &experiment, sizeof before) == 0, "a refusal changes nothing");
    else
        demand(ps_experiment_get(&experiment, key, value, sizeof value) != NULL,
               "what was set can be read");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct ps_experiment experiment;
    struct ps_complaints complaints = {.count = 0};
    char *text = malloc(size + 1);
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (ps_experiment_parse(&experiment, &test_words, "fuzz", text, size, &complaints) == PS_OK)
        check_round_trip(&experiment);
    else
        check_complaints(&complaints);
    check_set(text);
    struct ps_lesson lesson;
    struct ps_lesson_fault fault = {0, NULL};
    demand(ps_lesson_parse(text, &lesson, &fault) || fault.text, "a refused lesson has a reason");
    free(text);
    return 0;
}
