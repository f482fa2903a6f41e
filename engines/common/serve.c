/* Tasks that serve.
 *
 * `stop` of such a task (see task.c) has one more edge: DEADLINE -> NOT, by the task's own thread when
 * a request has ended. Only that thread sets DEADLINE, and no wait is under way. A cancel that came
 * meanwhile met DEADLINE and changed nothing: it was meant for the request, which has ended. CANCEL
 * stays: the task lets go and ends. */
#include "base/clock.h"
#include "engines/common/core.h"

void ps_task_serves(struct ps_task *task)
{
    task->stamp.serves = 1;
}

static void serve_on(struct ps_task *task)
{
    task->stamp.serves = 1;
    task->deadline_ns = PS_NEVER;
    uint32_t deadline = PS_STOP_DEADLINE;
    atomic_compare_exchange_strong(&task->stop, &deadline, PS_STOP_NOT);
}

bool ps_request_begin(struct ps_task *task, const struct ps_stamp *request, uint64_t deadline_ns)
{
    struct ps_probe *probe = ps_engine_probe(task->engine);
    task->stamp = *request;
    task->outcome = PS_COMPLETED;
    task->deadline_ns = deadline_ns;
    ps_probe_submitted(probe, &task->stamp);
    uint64_t now_ns = deadline_ns == PS_NEVER ? 0 : ps_now_ns();
    if (ps_task_stopping(task, now_ns) == PS_STOP_NOT) {
        ps_probe_start(probe, &task->stamp);
        return true;
    }
    ps_task_give_up(task);
    ps_probe_unstarted(probe);
    ps_probe_end(probe, &task->stamp, task->outcome);
    serve_on(task);
    return false;
}

bool ps_request_end(struct ps_task *task)
{
    ps_probe_end(ps_engine_probe(task->engine), &task->stamp, task->outcome);
    serve_on(task);
    return !ps_task_has_family(task);
}

void ps_request_refused(struct ps_engine *engine, const struct ps_stamp *request)
{
    ps_probe_refused(ps_engine_probe(engine), request);
}
