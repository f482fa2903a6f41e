/* A snapshot source: "give me the newest snapshot". Live hosts and (later) recordings are sources;
 * screens cannot tell them apart. */
#ifndef PS_CLIENT_SOURCE_H
#define PS_CLIENT_SOURCE_H

#include "base/err.h"
#include "metrics/snapshot.h"

struct ps_source {
    const struct ps_source_ops *ops;
};

struct ps_source_ops {
    /* Fill *into with the newest snapshot. Does not block. PS_OK also when the run has ended or the
     * host has died: phase, end and message say so. */
    enum ps_err (*snapshot)(struct ps_source *source, struct ps_snapshot *into);
    /* Up to max events since the last call, oldest first; *lost is added to. */
    size_t (*events)(struct ps_source *source, struct ps_event *into, size_t max, uint64_t *lost);
    /* Send a control line ("workers 8"); *answer gets "ok" or the reason. PS_ENOTSUP: a recording.
     * Waits for the answer, at most 100 ms (then PS_ETIMEDOUT). */
    enum ps_err (*control)(struct ps_source *source, const char *line, char *answer, size_t size);
    /* The picture that julia steps draw, as it grows: read it as metrics/picture.h says. The source's,
     * for as long as that lives. NULL: there is none. The slot may be NULL, too. */
    const struct ps_picture *(*picture)(struct ps_source *source);
};

#endif
