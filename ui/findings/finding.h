/* Findings: what the diagnosis says of a run. Each is a function that looks at the signs of one
 * instant and says what it sees in one sentence, with the figures it rests on and what could be tried.
 * A new finding is one function in one of the files of this folder and one line in the table below;
 * the order is that of their weight.
 *
 * A look is pure. Whether and when a finding is shown is decided in findings.h: it must have held for
 * a while first. */
#ifndef PS_UI_FINDINGS_FINDING_H
#define PS_UI_FINDINGS_FINDING_H

#include "metrics/recent.h"
#include "ui/figures.h"
#include "ui/keys.h"

/* word, title, number of the lesson that shows it (0: none), at once (1: a state of the run and not a
 * measurement: shown and taken away without delay), what it takes */
#define PS_FINDING_KINDS(X)                                                                        \
    X(ended, "the run has ended", 0, 1, "the host says so")                                        \
    X(paused, "not running", 0, 1, "the host says so")                                             \
    X(deadlock, "all blocked", 14, 1, "no task begins or ends, and all that is left waits")        \
    X(hogged, "one worker hogged", 7, 0, "in one task for 2 s, and 20 times the median service")   \
    X(retries, "retry storm", 29, 0, "a fifth of what is submitted are further attempts")          \
    X(loop, "loop blocked", 12, 0,                                                                 \
      "tasks keep their worker too long (10 ms) and others wait behind")                           \
    X(held, "all blocked", 4, 0, "workers wait inside tasks 80 % of the time, and tasks queue")    \
    X(lock, "lock-bound", 15, 0, "a third of the workers, or most tasks, wait for a lock")         \
    X(gil, "GIL-bound", 18, 0, "half a worker or more waits for the GIL")                          \
    X(idle, "idle beside backlog", 7, 0, "a worker idle half the time, 4 tasks in another queue")  \
    X(behind, "short behind long", 22, 0,                                                          \
      "a type waits 5 times as long as it runs, beside one that "                                  \
      "runs 10 times as long")                                                                     \
    X(full, "queue full", 20, 0, "tasks are refused, or their submitters wait for room")           \
    X(saturated, "saturated", 1, 0,                                                                \
      "workers busy 90 % of the time, and the queue grows or is "                                  \
      "4 times as long as there are workers")                                                      \
    X(oversubscribed, "oversubscribed", 5, 0,                                                      \
      "more workers run than there are CPUs, ready without one a "                                 \
      "quarter of the time they could")                                                            \
    X(quota, "CPU quota", 3, 0, "a cgroup allows less CPU than the machine shows, and it is used") \
    X(others, "other load", 0, 0,                                                                  \
      "other processes use a fifth of a CPU or more, and all are busy")                            \
    X(parked, "waiting tasks hold no worker", 25, 0, "4 times as many tasks begun as workers")     \
    X(queueing, "where time goes", 1, 0, "over 10 % of the mean response is waiting in a queue")

enum ps_finding_word {
#define PS_FINDING_ENUM(word, title, lesson, at_once, bar) PS_FINDING_##word,
    PS_FINDING_KINDS(PS_FINDING_ENUM)
#undef PS_FINDING_ENUM
        PS_FINDING_COUNT
};

/* Where workers spent the last 2 s, in workers: of `lanes`. busy: all but idle, seek, paused, off. */
struct ps_signs_sums {
    double run, ready, wait, lock, gil, join, idle, seek, busy; /* wait: net, disk, sleep, block */
    double
        cpu; /* of workers, by the operating system; with `ready` the time in which they could run */
};

/* What a look may look at. */
struct ps_signs {
    const struct ps_snapshot *snapshot;
    const struct ps_history *history;
    const struct ps_figures *figures;
    struct ps_signs_sums sums;
    bool deadlocked;
    bool running; /* neither ended nor paused nor starting */
    /* The last 2 s; seconds 0: not yet, and both are the newest mark. Never NULL. */
    double seconds;
    const struct ps_recent_mark *then, *now;
};

/* NULL: it does not apply. */
struct ps_evidence {
    char label[28], figure[192];
};
struct ps_remedy {
    enum ps_action action; /* PS_DO_NOTHING: no key does it */
    char text[80];
};
#define PS_EVIDENCE_MAX 6u
#define PS_REMEDIES_MAX 3u

struct ps_finding {
    enum ps_finding_word word;
    enum ps_style style; /* ERROR, WARNING, NOTE, GOOD */
    unsigned lesson;     /* of the table, unless the look knows better */
    char text[200];
    unsigned evidence_count, remedy_count;
    struct ps_evidence evidence[PS_EVIDENCE_MAX];
    struct ps_remedy remedy[PS_REMEDIES_MAX];
};

struct ps_finding_kind {
    const char *title, *bar;
    unsigned lesson;
    bool at_once;
    /* Whether it is there; then also what it says, by the functions below. */
    bool (*look)(const struct ps_signs *signs, struct ps_finding *finding);
};
extern const struct ps_finding_kind ps_finding_kinds[PS_FINDING_COUNT];

/* For looks: the sentence, a figure it rests on, something to try. What is too much is left out. */
void ps_finding_say(struct ps_finding *finding, enum ps_style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void ps_finding_figure(struct ps_finding *finding, const char *label, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void ps_finding_try(struct ps_finding *finding, enum ps_action action, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The share of the time in which workers could run and had no CPU; negative: not known. */
double ps_signs_ready(const struct ps_signs *signs);

/* A counter's growth per second between the two marks; 0 if there are not two. */
double ps_signs_rate(const struct ps_signs *signs, uint64_t then, uint64_t now);

#define PS_FINDING_LOOK(word, title, lesson, at_once, bar) \
    bool ps_look_##word(const struct ps_signs *signs, struct ps_finding *finding);
PS_FINDING_KINDS(PS_FINDING_LOOK)
#undef PS_FINDING_LOOK

#endif
