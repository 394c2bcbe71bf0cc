import "./scripts/start";
