// SPDX-License-Identifier: MIT
#include "apps/report/document.h"

#include <fmt/format.h>

#include "apps/report/assets.h"

namespace rbm::app {

std::string section(const std::string& heading, const std::string& html) {
    if (html.empty()) return "";
    return fmt::format("<section>\n<h2>{}</h2>\n{}</section>\n", escaped(heading), html);
}

std::string side_by_side(const std::string& html, bool large) {
    return html.empty() ? "" : fmt::format("<div class=\"beside{}\">\n{}</div>\n", large ? " large" : "", html);
}

std::string figure(const std::string& html, const std::string& title, const std::string& caption) {
    if (html.empty()) return "";
    return fmt::format("<figure>\n<h3>{}</h3>\n{}<figcaption>{}</figcaption>\n</figure>\n", escaped(title), html,
                       escaped(caption));
}

std::string picture(const std::string& address, const std::string& words, std::size_t width) {
    return fmt::format("<img src=\"{}\" alt=\"{}\" style=\"max-width:{}px\">\n", address, escaped(words), width);
}

std::string sentences(const std::vector<Sentence>& list) {
    constexpr const char* names[] = {"good", "look", "warning"};
    constexpr const char* marks[] = {"\u25cf", "\u25c6", "\u25b2"};  // told apart by their shape too
    constexpr const char* words[] = {"Fine", "Look", "Warning"};
    std::string html = "<ul class=\"verdicts\">\n";
    for (const Sentence& one : list) {
        const auto weight = static_cast<std::size_t>(one.weight);
        html += fmt::format("<li class=\"{}\"><span role=\"img\" aria-label=\"{}\">{}</span> {}</li>\n", names[weight],
                            words[weight], marks[weight], escaped(one.text));
    }
    return html + "</ul>\n";
}

std::string html_table(const HtmlTable& table) {
    if (table.rows.empty()) return "";
    std::string html = fmt::format("<div class=\"wide\"><table{}>\n", table.words ? " class=\"words\"" : "");
    if (!table.head.empty()) {
        html += "<thead><tr>";
        for (const std::string& cell : table.head) html += fmt::format("<th scope=\"col\">{}</th>", escaped(cell));
        html += "</tr></thead>\n";
    }
    html += "<tbody>\n";
    for (const auto& row : table.rows) {
        html += "<tr>";
        for (std::size_t c = 0; c < row.size(); ++c)
            html += c == 0 ? fmt::format("<th scope=\"row\">{}</th>", escaped(row[c]))
                           : fmt::format("<td>{}</td>", escaped(row[c]));
        html += "</tr>\n";
    }
    return html + "</tbody></table></div>\n";
}

std::string document(const std::string& title, const std::string& summary, const std::string& html,
                     std::size_t reload) {
    const std::string name = escaped(title),
                      style = fmt::format("{}{}", asset("report/page/base.css"), asset("report/page/report.css"));
    const std::string again = reload > 0 ? fmt::format("<meta http-equiv=\"refresh\" content=\"{}\">\n", reload) : "";
    return filled(
        asset("report/page/report.html"),
        {{"title", name}, {"reload", again}, {"style", style}, {"summary", escaped(summary)}, {"body", html}});
}

}  // namespace rbm::app
