app-nav-home = 首页
app-nav-articles = 文章
app-nav-questions = 问答
app-nav-projects = 项目
app-nav-twins = 数字人
app-nav-ask = 提问
