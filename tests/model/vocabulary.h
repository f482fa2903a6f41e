/* The engines and their policies, for tests that must not link engines. */
#ifndef PS_TESTS_MODEL_VOCABULARY_H
#define PS_TESTS_MODEL_VOCABULARY_H

#include "model/experiment.h"

static const struct ps_policy_word test_green[] = {
    {"steal", "own queues, stealing", 256, false, false, true, true},
    {"global", "one queue", 256, false, false, true, false},
    {NULL, NULL, 0, false, false, true, false}};
static const struct ps_policy_word test_pthread[] = {
    {"channel", "workers on a channel", 256, false, false, false, false},
    {"per-task", "a thread a task", 256, false, false, false, false},
    {"equals", "all tasks alike", 256, false, true, false, false},
    {NULL, NULL, 0, false, false, false, false}};
static const struct ps_policy_word test_async[] = {
    {"pinned", "loops", 64, false, false, true, false}, {NULL, NULL, 0, false, false, true, false}};
static const struct ps_policy_word test_threadpool[] = {
    {"fifo", "one queue", 256, false, false, false, false},
    {"steal", "own queues, stealing", 256, false, false, false, true},
    {"sharded", "the shorter of two", 256, false, false, false, true},
    {"bulkhead", "compartments", 256, false, false, false, false},
    {"uv", "libuv's own pool", 128, false, false, false, false},
    {NULL, NULL, 0, false, false, false, false}};
static const struct ps_policy_word test_process[] = {
    {"pool", "worker processes", 256, true, false, false, false},
    {NULL, NULL, 0, false, false, false, false}};
static const struct ps_engine_word test_engines[] = {
    {"green", "green threads", test_green}, {"pthread", "threads", test_pthread},
    {"async", "event loops", test_async},   {"threadpool", "a pool", test_threadpool},
    {"process", "processes", test_process}, {NULL, NULL, NULL}};
static const struct ps_vocabulary test_words = {test_engines};

#endif
