-- How tasks ended is in usage already.
DROP TABLE task_counts;
