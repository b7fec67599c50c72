// Part of smartpool. Copyright (c) 2026 The smartpool developers. MIT License, see LICENSE.
//
// Fuzz target (libFuzzer): whatever the server sends, the client returns an answer of the exact form or throws NoAnswer. The first byte
// selects the call, the second how the answer is cut into pieces.
#include <cstdlib>

#include "answer.h"
#include "http.h"

using namespace smartpool;

namespace {

void want(bool holds)
{
    if (!holds)
        std::abort();
}

void wantHash(const std::string& s) { want(s.size() == 64 && s.find_first_not_of("0123456789abcdef") == std::string::npos); }

void wantVerdict(const Verdict& v, std::string_view body)
{
    want(v.ok == v.reason.empty() && v.ok == v.detail.empty());
    want(!v.ok || body.find("true") != std::string_view::npos);
}

void read(int call, const Response& r)
{
    switch (call) {
    case 0: {
        const Tip tip = readTip(r.body, r.status, 1);
        want(r.status == 200 && tip.height >= -1 && tip.locator.empty() == (tip.height <= 0));
        wantHash(tip.hash);
        wantHash(tip.digest);
        for (const Point& p : tip.locator) {
            want(p.height >= 0 && p.height < tip.height);
            wantHash(p.hash);
        }
        break;
    }
    case 1:
        wantVerdict(readVerdict(r.body, r.status, 1), r.body);
        break;
    case 2: {
        const Verdict v = readLaunch(r.body, r.status, 1);
        wantVerdict(v, r.body);
        wantHash(v.tip);
        break;
    }
    case 3: {
        const Payouts payouts = readPayouts(r.body, r.status, 1);
        wantHash(payouts.tip);
        for (const Bytes& tx : payouts.transactions)
            want(!tx.empty() && tx.size() < r.body.size());
        break;
    }
    default: {
        const SupernodeAt at = readSupernode(r.body, r.status, 1);
        wantHash(at.tip);
        if (at.supernode)
            want(!at.supernode->pool.empty() && !at.supernode->payee.empty() && at.supernode->height >= 0);
    }
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    if (size < 2)
        return 0;
    const std::size_t piece = data[1] + 1u;
    std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
    constexpr std::size_t maxBody = 1 << 16;
    try {
        ResponseReader reader(maxBody);
        while (!bytes.empty()) {
            const std::string_view next = bytes.substr(0, piece);
            bytes.remove_prefix(next.size());
            if (!reader.add(next))
                continue;
            const Response response = reader.take();
            want(response.status >= 200 && response.status <= 999 && response.body.size() <= maxBody);
            read(data[0] % 5, response);
            break;
        }
    } catch (const NoAnswer&) {
    }
    return 0;
}
