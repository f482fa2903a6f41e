// Memory orders of the engines' protocols, under relacy's model of C++11 memory: each file transcribes
// one protocol with its orders in a struct `Right`; a mutant inherits it and weakens one of them. The
// right orders must hold in every explored execution and each mutant must fail in one.
//
// Spin decides what orders of steps do; this decides whether the orders of memory suffice.
#ifndef PS_TESTS_RELACY_RUN_HPP
#define PS_TESTS_RELACY_RUN_HPP

#include <relacy/relacy.hpp>

#include <cstdio>
#include <iostream>

constexpr auto relaxed = rl::mo_relaxed;
constexpr auto acquire = rl::mo_acquire;
constexpr auto release = rl::mo_release;
constexpr auto acq_rel = rl::mo_acq_rel;
constexpr auto seq_cst = rl::mo_seq_cst;

// Executions of random schedules: right ones are explored to the end, mutants to the first error.
enum { EXPLORED = 60000, SEARCHED = 400000 };

// Relacy allocates through its own heap while it runs, so a stream with a buffer of its own would mix
// two heaps.
struct Nowhere : std::streambuf {
    int overflow(int character) override { return character; }
};

template <class Suite>
bool explore(const char *name, bool right)
{
    Nowhere nowhere;
    std::ostream quiet(&nowhere);
    rl::test_params params;
    params.iteration_count = right ? EXPLORED : SEARCHED;
    params.execution_depth_limit = 4000;
    params.output_stream = &quiet;
    params.progress_stream = &quiet;
    params.search_type = rl::sched_random;
    bool holds = rl::simulate<Suite>(params);
    std::printf("%-28s %s after %llu executions%s\n", name, holds ? "holds" : "fails",
                static_cast<unsigned long long>(params.stop_iteration),
                holds == right ? "" : right ? ": it must hold" : ": the mutant was not found");
    if (right && !holds) { // once more, with its history
        params.output_stream = &std::cout;
        rl::simulate<Suite>(params);
    }
    return holds == right;
}

#define HOLDS(suite)  explore<suite>(#suite, true)
#define FAILS(suite)  explore<suite>(#suite, false)

#endif
