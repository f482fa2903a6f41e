/* The engines and their policies, for tests that must not link engines. */
#ifndef PS_TESTS_MODEL_VOCABULARY_H
#define PS_TESTS_MODEL_VOCABULARY_H

#include "model/experiment.h"

static const struct ps_policy_word test_green[] = {
    {"steal", "own queues, stealing", 256, false, false, true, true,
     PS_USES_STEALING | PS_USES_OFFLOAD | PS_USES_HOGS | PS_USES_LIMIT | PS_USES_STACK |
         PS_USES_LIFO_SLOT},
    {"global", "one queue", 256, false, false, true, false,
     PS_USES_OFFLOAD | PS_USES_HOGS | PS_USES_LIMIT | PS_USES_STACK},
    {NULL, NULL, 0, false, false, true, false, 0}};
static const struct ps_policy_word test_pthread[] = {
    {"channel", "workers on a channel", 256, false, false, false, false, PS_USES_WAKE},
    {"per-task", "a thread a task", 256, false, false, false, false, PS_USES_LIMIT | PS_USES_STACK},
    {"equals", "all tasks alike", 256, false, true, false, false, 0},
    {NULL, NULL, 0, false, false, false, false, 0}};
static const struct ps_policy_word test_async[] = {{"pinned", "loops", 64, false, false, true,
                                                    false,
                                                    PS_USES_OFFLOAD | PS_USES_HOGS | PS_USES_LIMIT},
                                                   {NULL, NULL, 0, false, false, true, false, 0}};
static const struct ps_policy_word test_threadpool[] = {
    {"fifo", "one queue", 256, false, false, false, false, PS_USES_WAKE},
    {"steal", "own queues, stealing", 256, false, false, false, true,
     PS_USES_STEALING | PS_USES_WAIT},
    {"sharded", "the shorter of two", 256, false, false, false, true, PS_USES_STEALING},
    {"bulkhead", "compartments", 256, false, false, false, false, PS_USES_WAKE | PS_USES_RESERVE},
    {"uv", "libuv's own pool", 128, false, false, false, false, PS_USES_LIMIT},
    {NULL, NULL, 0, false, false, false, false, 0}};
static const struct ps_policy_word test_process[] = {
    {"pool", "worker processes", 256, true, false, false, false, 0},
    {NULL, NULL, 0, false, false, false, false, 0}};
static const struct ps_engine_word test_engines[] = {
    {"green", "green threads", test_green}, {"pthread", "threads", test_pthread},
    {"async", "event loops", test_async},   {"threadpool", "a pool", test_threadpool},
    {"process", "processes", test_process}, {NULL, NULL, NULL}};
static const struct ps_vocabulary test_words = {test_engines};

#endif
