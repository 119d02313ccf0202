// Chat templates as models bring them.
#include "llama/chat.hpp"

#include <gmock/gmock.h>

namespace edgelab::llama {
namespace {

using testing::HasSubstr;
using Messages = std::vector<std::map<std::string, std::string>>;

Messages const question{{{"role", "system"}, {"content", "Be brief."}}, {{"role", "user"}, {"content", "Why?"}}};

std::string applied(std::string const& source, Messages const& messages = question) {
  auto const chat = ChatTemplate::parse(source, "<s>", "</s>");
  if (!chat) return chat.error().kind + ": " + chat.error().reason;
  auto text = chat->apply(messages);
  return text ? *text : text.error().kind + ": " + text.error().reason;
}

TEST(Chat, ATemplateOfNoKnownFamily) {
  EXPECT_EQ(applied("{% for m in messages %}[{{ m.role | upper }}] {{ m['content'] | trim }}{{ eos_token }}\n{% endfor %}"
                    "{% if add_generation_prompt %}[ANSWER]{% endif %}"),
            "[SYSTEM] Be brief.</s>\n[USER] Why?</s>\n[ANSWER]");
}

TEST(Chat, TheTokenThatBeginsATextIsLeftToTheTokenizer) {
  EXPECT_EQ(applied("{{ bos_token }}{% for m in messages %}{{ m.content }};{% endfor %}"), "Be brief.;Why?;");
}

TEST(Chat, APromptIsTheSameOnEveryDay) {
  EXPECT_THAT(applied("{{ strftime_now('%d %b %Y') }}: {{ messages[-1].content }}", {{{"role", "user"}, {"content", "Why?"}}}),
              HasSubstr("26 Jul 2024: Why?"));
}

TEST(Chat, WhatATemplateRefusesIsSaidInItsWords) {
  EXPECT_THAT(applied("{% for m in messages %}{% if m.content == 'Why?' %}{{ raise_exception('no questions') }}{% endif %}"
                      "{{ m.content }}{% endfor %}"),
              testing::AllOf(HasSubstr("unsupported: the model's chat template refuses these messages"), HasSubstr("no questions")));
}

TEST(Chat, WhatTheSystemSaysIsTheUsersWhereATemplateKnowsNoSystem) {
  EXPECT_EQ(applied("{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system here') }}{% endif %}"
                    "{{ m.role }}: {{ m.content }};{% endfor %}"),
            "user: Be brief.\nWhy?;");
}

TEST(Chat, WhatIsNoTemplate) {
  EXPECT_THAT(applied("{% for m in %}"), HasSubstr("unsupported: the model's chat template cannot be understood"));
  EXPECT_THAT(applied("{{ messages[0].content }}", {{{"role", "user"}}}), HasSubstr("bad-request: a message needs a role and a content"));
}

}  // namespace
}  // namespace edgelab::llama
