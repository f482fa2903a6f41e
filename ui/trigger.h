/* A trigger, as on an oscilloscope: it waits until a condition has held for a while, lets the run go
 * on for a moment and then asks for a still picture, so that what led there and what came of it can
 * be looked at.
 *
 *   condition = test ["for" TIME] ["keep" TIME]
 *
 * test: a formula (model/formula.h). Its figures are short words, of the last second or of the moment
 * (ps_trigger_words), and the keys of the table of metrics ("METRIC", "METRIC[TYPE]",
 * "METRIC[WORKER]") over the last one to two seconds. "100/s" is the same as 100. "for": how long
 * it must hold without a break, at every snapshot; 0 unless given. "keep": how long the run goes on
 * before the picture; 5 s unless given, at most 30 s: 64 s are kept at the finest resolution.
 *
 * One owner, one thread. */
#ifndef PS_UI_TRIGGER_H
#define PS_UI_TRIGGER_H

#include "metrics/history.h"

enum ps_trigger_state {
    PS_TRIGGER_OFF,
    PS_TRIGGER_ARMED, /* the condition does not hold, or cannot be told */
    PS_TRIGGER_HOLDS, /* it holds, not yet for long enough */
    PS_TRIGGER_FIRED, /* the run goes on for `keep` */
    PS_TRIGGER_DONE   /* the picture was asked for */
};

#define PS_TRIGGER_BYTES 96u

struct ps_trigger {
    enum ps_trigger_state state;
    char text[PS_TRIGGER_BYTES]; /* as the user wrote it */
    char test[PS_TRIGGER_BYTES];
    uint64_t for_ns, keep_ns;
    uint64_t since_ns;                          /* HOLDS and later: when it began to hold */
    uint64_t fired_ns;                          /* FIRED, DONE: the instant */
    char found[64];                             /* FIRED, DONE: the left side then, "312 ms" */
    char why[200];                              /* ARMED: why it cannot be told; empty: it can */
    struct ps_snapshot *older, *newer, *window; /* for figures of the table; NULL: none is needed */
};

/* The words and what they mean; ends with NULL. */
struct ps_trigger_word {
    const char *name, *unit, *meaning;
    double (*value)(const struct ps_snapshot *snapshot, const struct ps_history *history);
    unsigned trait; /* engines without it cannot have it; 0: all have it */
};
extern const struct ps_trigger_word ps_trigger_words[];

/* Arm it. False: `why` says what is wrong and what is allowed; the trigger is as it was. */
bool ps_trigger_arm(struct ps_trigger *trigger, const char *text,
                    const struct ps_snapshot *snapshot, char *why, size_t why_size);
/* Off; frees what it holds. */
void ps_trigger_disarm(struct ps_trigger *trigger);

enum ps_trigger_news { PS_TRIGGER_NOTHING, PS_TRIGGER_FIRES, PS_TRIGGER_WANTS_PICTURE };
/* Look at a snapshot that the history has been fed with. FIRES and WANTS_PICTURE are said once
 * each; the second may come with the run's end. */
enum ps_trigger_news ps_trigger_feed(struct ps_trigger *trigger, const struct ps_snapshot *snapshot,
                                     const struct ps_history *history);

#endif
