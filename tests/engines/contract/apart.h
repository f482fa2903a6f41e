/* The rig where workers are processes: this program is executed again, and a worker has a rig of its
 * own, whose notes (marks, jobs made and released) go to the test's rig through a pipe. Steps cross
 * as distances between functions of one program. */
#ifndef PS_TESTS_CONTRACT_APART_H
#define PS_TESTS_CONTRACT_APART_H

#include "engines/contract/kit.h"
#include "engines/process.h"

/* The argument by which main knows a worker. */
#define APART_WORKER "--worker"

enum apart_note { APART_MARK, APART_MADE, APART_RELEASED };

extern const struct ps_body rig_body;

/* The test's side. open: before create; valid until close. close: after the engine has stopped: every
 * note has arrived. No effect on a rig that was not opened so. */
const struct ps_process_config *rig_apart_open(struct rig *rig);
void rig_apart_close(struct rig *rig);

/* A worker's side: no effect elsewhere. */
void rig_apart_tell(struct rig *rig, enum apart_note note, enum ps_outcome outcome);
void rig_released(struct rig *rig, enum ps_outcome outcome);
int rig_apart_worker(void);

size_t job_pack(struct ps_task *task, void *message);
void job_returned(struct ps_task *task, const void *message, size_t bytes);

#endif
