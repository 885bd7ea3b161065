// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstring>
#include <limits>
#include <set>
#include <stdexcept>

#include "rbm/io/safetensors.h"
#include "rbm/io/utf8.h"
#include "rbm/kernels/error.h"
#include "rbm/kernels/random.h"

namespace {

using Bytes = std::vector<std::byte>;

/// Length, header, buffer: as a stranger's program would write it.
Bytes file_of(std::uint64_t length, const std::string& header, std::size_t buffer_size) {
    Bytes file(8 + header.size() + buffer_size);
    std::memcpy(file.data(), &length, 8);
    if (!header.empty()) std::memcpy(file.data() + 8, header.data(), header.size());
    for (std::size_t i = 0; i < buffer_size; ++i) file[8 + header.size() + i] = static_cast<std::byte>(i);
    return file;
}
Bytes file_of(const std::string& header, std::size_t buffer_size) {
    return file_of(header.size(), header, buffer_size);
}

std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets) {
    return fmt::format(R"("{}":{{"dtype":"{}","shape":{},"data_offsets":{}}})", name, dtype, shape, offsets);
}

/// A header with these entries.
template <class... Entries>
std::string header_of(const Entries&... entries) {
    std::string text;
    for (const std::string& one : {std::string(entries)...}) text.append(text.empty() ? "" : ",").append(one);
    return fmt::format("{{{}}}", text);
}

/// What parse_safetensors says of the file, "" when it takes it.
std::string fault(const Bytes& file) {
    try {
        rbm::parse_safetensors(file, "m");
    } catch (const rbm::DataError& error) {
        return error.what();
    }
    return "";
}

rbm::Tensors sample() {
    rbm::Tensors content;
    content.tensors["weights"] = rbm::make_tensor({2, 3}, std::vector<float>{1, -2, 3, -4, 5, 0.5F});
    content.tensors["bias"] = rbm::make_tensor({3}, std::vector<double>{0.25, -1e300, 7});
    content.tensors["flags"] = rbm::make_tensor({5}, std::vector<std::uint8_t>{0, 1, 255, 2, 3});
    content.tensors["counts"] = rbm::make_tensor({2}, std::vector<std::int64_t>{-1, 1});
    content.tensors["empty"] = rbm::make_tensor({0, 7}, std::vector<float>{});
    content.tensors["step"] = rbm::make_tensor({}, std::vector<std::uint64_t>{~0ULL});
    content.metadata = {{"rbm.format", "1"}, {"note", "quote \" backslash \\ newline \n umlaut \xc3\xbc"}};
    return content;
}

}  // namespace

TEST_SUITE_BEGIN("safetensors");

TEST_CASE("what is written comes back") {
    const Bytes file = rbm::encode_safetensors(sample());
    rbm::Tensors back = rbm::parse_safetensors(file, "m");
    CHECK(back.tensors == sample().tensors);
    CHECK(back.metadata.at("note") == sample().metadata.at("note"));
    CHECK(back.metadata.at("rbm.crc32").size() == 8);
    CHECK(back.f32("weights") == std::vector<float>{1, -2, 3, -4, 5, 0.5F});
    CHECK(back.f64("bias") == std::vector<double>{0.25, -1e300, 7});
    CHECK(back.u8("flags")[2] == 255);
    CHECK(back.i64("counts") == std::vector<std::int64_t>{-1, 1});
    CHECK(back.u64("step") == std::vector<std::uint64_t>{~0ULL});
    CHECK(back.f32("empty").empty());
    CHECK(back.at("empty").shape == std::vector<std::size_t>{0, 7});
    CHECK(rbm::encode_safetensors(back) == file);
}

TEST_CASE("tensors begin at a multiple of 64 and of their element size") {
    const Bytes file = rbm::encode_safetensors(sample());
    std::uint64_t length = 0;
    std::memcpy(&length, file.data(), 8);
    CHECK((8 + length) % 64 == 0);
    const std::string header(reinterpret_cast<const char*>(file.data()) + 8, length);
    CHECK(header.find("\"bias\"") < header.find("\"counts\""));
    CHECK(header.find("\"step\"") < header.find("\"weights\""));
    CHECK(header.find("\"weights\"") < header.find("\"flags\""));
    CHECK(header.starts_with("{\"__metadata__\":{\"note\":"));
    const rbm::Tensors nothing;
    CHECK(rbm::parse_safetensors(rbm::encode_safetensors(nothing), "m").tensors.empty());
}

TEST_CASE("a file written by other tools loads") {
    const std::string header =
        header_of(entry("weights", "F32", "[2, 2]", "[0, 16]"), entry("half", "BF16", "[3]", "[18,24]"),
                  entry("truth", "BOOL", "[2]", "[16,18]")) +
        "    ";
    const rbm::Tensors content = rbm::parse_safetensors(file_of(header, 24), "m");
    CHECK(content.tensors.size() == 3);
    CHECK(content.metadata.empty());
    CHECK(content.at("half").bytes.front() == std::byte{18});
    CHECK(content.at("weights", {2, 2}).dtype == "F32");
    CHECK_THROWS_WITH_AS(content.f32("half"), "m: tensor \"half\": dtype \"BF16\", expected F32", rbm::DataError);
    CHECK_THROWS_WITH_AS(content.at("bias"), "m: the tensor \"bias\" is missing", rbm::DataError);
    CHECK_THROWS_WITH_AS(content.at("weights", {4}), "m: tensor \"weights\": shape [2, 2], expected [4]",
                         rbm::DataError);
    CHECK(fault(file_of("{}", 0)).empty());
    CHECK(fault(file_of(header_of(entry("a", "F32", "[]", "[0,4]")), 4)).empty());
    CHECK(fault(file_of(header_of(entry("a", "F32", "[0]", "[4,4]"), entry("b", "F32", "[1]", "[0,4]")), 4)).empty());
}

TEST_CASE("each fault has its own message") {
    const std::string good = entry("a", "F32", "[1]", "[0,4]");
    const auto one = [](const std::string& dtype, const std::string& shape, const std::string& offsets) {
        return file_of(header_of(entry("a", dtype, shape, offsets)), 4);
    };
    const auto with_checksum = [&](const char* sum) {
        return header_of(fmt::format(R"("__metadata__":{{"rbm.crc32":"{}"}})", sum), good);
    };
    struct Case {
        Bytes file;
        const char* message;  ///< a part of it
    };
    const std::uint64_t huge = std::numeric_limits<std::uint64_t>::max();
    const std::vector<Case> cases{
        {Bytes(7), "7 bytes, too short"},
        {Bytes{}, "0 bytes, too short"},
        {Bytes(8), "header of 0 bytes"},
        {file_of(huge, "{}", 0), "header of 18446744073709551615 bytes, at most 100000000"},
        {file_of(100'000'001, "{}", 0), "header of 100000001 bytes, at most"},
        {file_of(3, "{}", 0), "header of 3 bytes, but only 2 follow"},
        {file_of("[]", 0), "begins with \"[\""},
        {file_of(" {}", 0), "begins with \" \""},
        {file_of("\xef\xbb\xbf{}", 0), "begins with \"\\xef\""},
        {file_of(std::string("{}\0}", 4), 0), "has a NUL at byte 2"},
        {file_of("{\"\xff\":{}}", 0), "not UTF-8 at byte 2"},
        {file_of("{" + good, 4), "not JSON at byte"},
        {file_of("{} x", 0), "not JSON at byte 4 of the header, near \"{} x\""},
        {file_of(header_of(good, good), 4), "the name \"a\" appears twice"},
        {file_of("{\"__metadata__\":{},\"__metadata__\":{}}", 0), "the name \"__metadata__\" appears twice"},
        {file_of("{\"__metadata__\":{\"k\":\"1\",\"k\":\"1\"}}", 0), "__metadata__: the key \"k\" appears twice"},
        {file_of("{\"__metadata__\":{\"k\":1}}", 0), "__metadata__: \"k\" is the number 1, expected a string"},
        {file_of("{\"__metadata__\":{\"k\":null}}", 0), "__metadata__: \"k\" is null, expected a string"},
        {file_of("{\"__metadata__\":\"k\"}", 0), "__metadata__ is the string \"k\", expected an object"},
        {file_of("{\"a\":7}", 0), "tensor \"a\" is the number 7, expected an object"},
        {file_of("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"dtype\":\"F32\"}}", 0), "the key dtype appears twice"},
        {file_of("{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 0), "the key data_offsets is missing"},
        {file_of("{\"a\":{\"strides\":[1]}}", 0), "unknown key \"strides\""},
        {file_of("{\"a\":{\"dtype\":32}}", 0), "dtype is the number 32, expected a string"},
        {file_of("{\"a\":{\"dtype\":[]}}", 0), "dtype is an array, expected a string"},
        {file_of("{\"a\":{\"shape\":4}}", 0), "shape is the number 4, expected an array"},
        {file_of("{\"a\":{\"shape\":{}}}", 0), "shape is an object, expected an array"},
        {file_of("{\"a\":" + std::string(1'000'000, '['), 0), "tensor \"a\" is an array, expected an object"},
        {file_of("{\"a\":{\"shape\":" + std::string(1'000'000, '['), 0), "shape holds an array"},
        {one("F32", "[1.0]", "[0,4]"), "shape holds 1.0, a fraction"},
        {one("F32", "[1e0]", "[0,4]"), "shape holds 1e0, a number with an exponent"},
        {one("F32", "[-1]", "[0,4]"), "shape holds -1, a negative number"},
        {one("F32", "[18446744073709551616]", "[0,4]"), "shape holds 18446744073709551616, a number beyond 64 bits"},
        {one("F32", "[\"1\"]", "[0,4]"), "shape holds the string \"1\""},
        {one("F32", "[true]", "[0,4]"), "shape holds true"},
        {one("F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]"), "more than 8 dimensions"},
        {one("F32", "[1]", "[0]"), "data_offsets has 1 numbers, expected 2"},
        {one("F32", "[1]", "[0,4,4]"), "data_offsets has more than 2 numbers"},
        {one("F32", "[1]", "[-4,4]"), "data_offsets holds -4, a negative number"},
        {one("F31", "[1]", "[0,4]"), "unknown dtype \"F31\""},
        {one("F32", "[4294967296,4294967296]", "[0,0]"), "more elements than 64 bits can count"},
        {one("F32", "[4611686018427387904]", "[0,0]"), "the shape [4611686018427387904] has more elements"},
        {one("F32", "[1]", "[4,0]"), "run backwards, from 4 to 0"},
        {one("F32", "[1000,1000]", "[0,4]"), "F32 [1000, 1000] takes 4000000 bytes, but data_offsets span 4"},
        {one("F32", "[2]", "[0,8]"), "data_offsets end at 8, but only 4 bytes follow"},
        {file_of(header_of(good, entry("b", "F32", "[1]", "[2,6]")), 6), "begins at 2, within the tensor before"},
        {file_of(header_of(good, entry("c", "F32", "[0]", "[2,2]")), 4), "tensor \"c\": begins at 2, within"},
        {file_of(header_of(good, entry("b", "F32", "[1]", "[5,9]")), 9), "bytes 4 to 5 belong to no tensor"},
        {file_of(header_of(entry("a", "F32", "[1]", "[1,5]")), 5), "bytes 0 to 1 belong to no tensor"},
        {file_of(header_of(good), 5), "1 bytes follow the last tensor"},
        {file_of(with_checksum("00000000"), 4), "the tensors have crc32 8bb98613"},
        {file_of(with_checksum("8BB98613"), 4), "expected 8 hexadecimal digits"},
        {file_of(with_checksum("8bb9861"), 4), "rbm.crc32 is \"8bb9861\""},
    };
    std::set<std::string> messages;
    for (const Case& one_case : cases) {
        const std::string message = fault(one_case.file);
        INFO("expected: " << std::string(one_case.message) << "; found: " << message);
        CHECK(message.find(one_case.message) != std::string::npos);
        CHECK(message.starts_with("m: "));
        CHECK(messages.insert(message).second);
    }
    CHECK(fault(file_of(with_checksum("8bb98613"), 4)).empty());
}

TEST_CASE("every flipped bit of the tensors is found") {
    const Bytes file = rbm::encode_safetensors(sample());
    std::uint64_t length = 0;
    std::memcpy(&length, file.data(), 8);
    for (std::size_t bit = 0; bit < (file.size() - 8 - length) * 8; ++bit) {
        Bytes damaged = file;
        damaged[8 + length + bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
        REQUIRE(fault(damaged).find("it was damaged") != std::string::npos);
    }
}

TEST_CASE("every cut is found, and every byte too much") {
    const Bytes file = rbm::encode_safetensors(sample());
    for (std::size_t size = 0; size < file.size(); ++size)
        REQUIRE_FALSE(fault(Bytes(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size))).empty());
    Bytes longer = file;
    longer.push_back(std::byte{0});
    CHECK(fault(longer).find("1 bytes follow the last tensor") != std::string::npos);
}

TEST_CASE("20 000 mutations: refused with DataError, or whole") {
    const Bytes with_checksum = rbm::encode_safetensors(sample());
    const Bytes without =
        file_of(header_of(entry("a", "F32", "[2,2]", "[0,16]"), entry("b", "U8", "[8]", "[16,24]")), 24);
    rbm::Random random(77);
    const std::string tokens = "{}[]\",:0123456789.-eE ";
    std::size_t refused = 0, taken = 0;
    for (int round = 0; round < 20'000; ++round) {
        Bytes file = round % 2 == 0 ? with_checksum : without;
        for (std::uint32_t edit = 1 + random() % 4; edit > 0 && !file.empty(); --edit) {
            const auto place = file.begin() + static_cast<std::ptrdiff_t>(random() % file.size());
            switch (random() % 6) {
                case 0:
                    *place = static_cast<std::byte>(random() & 255U);
                    break;
                case 1:
                    *place ^= static_cast<std::byte>(1U << random() % 8);
                    break;
                case 2:
                    *place = static_cast<std::byte>(tokens[random() % tokens.size()]);
                    break;
                case 3:
                    file.erase(place);
                    break;
                case 4:
                    file.insert(place, static_cast<std::byte>(tokens[random() % tokens.size()]));
                    break;
                default:
                    file.erase(place, file.end());
                    break;
            }
        }
        file.shrink_to_fit();  // so that an address sanitizer sees the end
        try {
            const rbm::Tensors content = rbm::parse_safetensors(file, "m");
            std::size_t bytes = 0;
            for (const auto& [name, tensor] : content.tensors) bytes += tensor.bytes.size();
            REQUIRE(bytes < file.size());
            // The tensors fill a place of their own each, so writing and reading once more changes nothing.
            const Bytes again = rbm::encode_safetensors(content);
            REQUIRE(rbm::encode_safetensors(rbm::parse_safetensors(again, "m")) == again);
            ++taken;
        } catch (const rbm::DataError&) {
            ++refused;
        }
    }
    CHECK(refused > 10'000);
    CHECK(taken > 100);
}

TEST_CASE("what no reader would take is not written") {
    const auto refused = [](const std::string& name, const rbm::Tensor& tensor, const std::string& value) {
        rbm::Tensors content;
        content.tensors[name] = tensor;
        content.metadata["key"] = value;
        CHECK_THROWS_AS(rbm::encode_safetensors(content), rbm::InvalidArgument);
    };
    const rbm::Tensor good = rbm::make_tensor({1}, std::vector<float>{1});
    refused("__metadata__", good, "");
    refused("a\xff", good, "");
    refused("a", good, "\xc3");
    refused("a", {"F31", {1}, Bytes(4)}, "");
    refused("a", {"F32", {2}, Bytes(4)}, "");
    refused("a", {"F32", {1, 1, 1, 1, 1, 1, 1, 1, 1}, Bytes(4)}, "");
    CHECK_THROWS_AS(rbm::make_tensor({2, 2}, std::vector<float>{1, 2, 3}), rbm::InvalidArgument);
}

TEST_CASE("text in messages cannot steer a terminal") {
    CHECK(rbm::in_quotes("plain \xc3\xbc") == "\"plain \xc3\xbc\"");
    CHECK(rbm::in_quotes("\x1b[31m\n\xff\xc2\x9b") == "\"\\x1b[31m\\x0a\\xff\\xc2\\x9b\"");
    CHECK(rbm::in_quotes(std::string(100, 'x')) == "\"" + std::string(60, 'x') + "...\"");
    CHECK(rbm::find_invalid_utf8("a\xed\xa0\x80") == 1);
    CHECK(rbm::find_invalid_utf8("\xc0\xaf") == 0);
    CHECK(rbm::find_invalid_utf8("\xf4\x90\x80\x80") == 0);
    CHECK(rbm::find_invalid_utf8("\xf0\x9f\x98\x80 \xe2\x82\xac") == std::string::npos);
    CHECK(rbm::find_invalid_utf8("ab\xe2\x82") == 2);
}

TEST_SUITE_END();
