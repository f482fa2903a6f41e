/* Faults that a person or a phase injects into a run: one grammar for `fault` control lines and for
 * `fault` keys of phases. host/faults.h carries them out.
 *
 * The shape says what is written behind the word: W a worker's number; T a time up to 10 min, which
 * may be left out where the fault can stay; F a factor "x10" or "10"; P a percentage; Y a task
 * type; C "cpu N", the N-th of the CPUs that the run may use, from 0; N a number of tasks. */
#ifndef PS_MODEL_FAULT_H
#define PS_MODEL_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PS_FAULT_KINDS(X)                                                                        \
    X(STUCK, stuck, "WT", "stuck W T", "worker W burns CPU for T and does nothing else")         \
    X(SLOW, slow, "WFT", "slow W xF [T]", "CPU work takes F times as long on worker W")          \
    X(FAIL, fail, "YPT", "fail TYPE P% [T]", "tasks of TYPE fail at their end with this chance") \
    X(LOSE, lose, "CT", "lose cpu N [T]", "no thread of the run may use its CPU number N")       \
    X(BURST, burst, "N", "burst N", "N tasks arrive at once")                                    \
    X(CRASH, crash, "W", "crash W", "worker W writes to a wild address")                         \
    X(OFF, off, "", "off", "every fault ends")

enum ps_fault_kind {
#define PS_FAULT_ENUM(name, word, shape, form, help) PS_FAULT_##name,
    PS_FAULT_KINDS(PS_FAULT_ENUM)
#undef PS_FAULT_ENUM
        PS_FAULT_KIND_COUNT
};

/* Fields that the kind's shape does not name are zero. */
struct ps_fault {
    enum ps_fault_kind kind;
    uint16_t worker, type, cpu;
    uint32_t factor;
    uint32_t count;
    double chance;   /* 0..1 */
    uint64_t for_ns; /* 0: until another fault of the kind, or off */
};

struct ps_fault_word {
    const char *word, *shape, *form, *help;
};
extern const struct ps_fault_word ps_fault_words[PS_FAULT_KIND_COUNT];

struct ps_experiment;

/* "stuck 0 2s". The experiment says which task types there are. On failure `fault` is unchanged. */
bool ps_fault_parse(const struct ps_experiment *experiment, const char *text,
                    struct ps_fault *fault, char *why, size_t size);

/* What parses to the same fault. Returns the length, as snprintf does. */
size_t ps_fault_format(char *into, size_t size, const struct ps_experiment *experiment,
                       const struct ps_fault *fault);

#endif
