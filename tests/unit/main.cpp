// SPDX-License-Identifier: MIT
// A run that no test case takes part in is a failure: a misspelt suite would pass for ever.  One whose test cases all
// lack their data is skipped: status 77.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>

#include "tests/support/skip.h"

namespace {

unsigned cases_run = 0;

struct Watch final : doctest::IReporter {
    explicit Watch(const doctest::ContextOptions&) {}
    void test_run_end(const doctest::TestRunStats& stats) override { cases_run = stats.numTestCasesPassingFilters; }
    void report_query(const doctest::QueryData&) override {}
    void test_run_start() override {}
    void test_case_start(const doctest::TestCaseData&) override {}
    void test_case_reenter(const doctest::TestCaseData&) override {}
    void test_case_end(const doctest::CurrentTestCaseStats&) override {}
    void test_case_exception(const doctest::TestCaseException&) override {}
    void subcase_start(const doctest::SubcaseSignature&) override {}
    void subcase_end() override {}
    void log_assert(const doctest::AssertData&) override {}
    void log_message(const doctest::MessageData&) override {}
    void test_case_skipped(const doctest::TestCaseData&) override {}
};
REGISTER_LISTENER("watch", 1, Watch);

}  // namespace

int main(int argc, char** argv) {
    const int result = doctest::Context(argc, argv).run();
    if (cases_run == 0) {
        std::fputs("no test case passes these filters: is a suite misspelt?\n", stderr);
        return 1;
    }
    if (result != 0 || rbm::test::skipped.size() != cases_run) return result;
    std::puts(rbm::test::skipped.back().c_str());
    return 77;
}
