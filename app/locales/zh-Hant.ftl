app-nav-home = 首頁
app-nav-articles = 文章
app-nav-questions = 問答
app-nav-projects = 專案
app-nav-twins = 數位分身
app-nav-ask = 提問
