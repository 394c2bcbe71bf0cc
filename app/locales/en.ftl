app-nav-home = Home
app-nav-articles = Articles
app-nav-questions = Questions
app-nav-projects = Projects
app-nav-twins = Twins
app-nav-ask = Ask
