/* Real-time priorities of task types. A run in which a type has one runs under SCHED_FIFO: whatever the
 * host does beside tasks (its main thread, the feeder, workers that look for work) has a priority above
 * them all, as the threads of interrupts have, so that who comes is taken at once; a worker has its
 * task's priority from the task's first step to its end, and that of a type without one is none
 * (SCHED_OTHER). The kernel leaves 5 % of the CPU to everybody else (sched_rt_runtime_us). */
#ifndef PS_HOST_REALTIME_H
#define PS_HOST_REALTIME_H

struct ps_run;
struct ps_job;

/* The calling thread, and all it starts from now on. Not allowed: the user is told, and the run goes on
 * without. Before any thread is started. */
void ps_realtime_begin(struct ps_run *run);

/* The job's thread: before a step, of which the first counts; after the last one. */
void ps_realtime_enter(struct ps_job *job);
void ps_realtime_leave(struct ps_job *job);

#endif
