package SrvRegistrar::Pace;

# How long the machine takes for a little work while a test runs: a bound on
# what somebody waited means little where others work on it, too.
#
#   my $pace = SrvRegistrar::Pace->start($t);
#   ...
#   cmp_ok($waited, '<', 1000 + $pace->stop(), 'nobody waited long');

use strict;
use warnings;

use Carp qw(croak);
use List::Util qw(max);
use POSIX ();
use Time::HiRes qw(clock sleep time);

# Processor time in s, about what nginx needs to start, and the pause after it.
use constant WORK  => 0.02;
use constant PAUSE => 0.3;

# Work after work is what a client waits for: a start, a handshake, a commit.
use constant STEPS => 3;


sub start
{
    my ($class, $bench) = @_;

    my $self = bless { log => $bench->path('pace'), owner => $$ }, $class;

    open(my $log, '>', $self->{log}) or croak("pace: $!");
    defined($self->{pid} = fork()) or croak("fork: $!");

    if ($self->{pid} == 0) {
        local $SIG{TERM} = 'DEFAULT';
        work($log);
        POSIX::_exit(0);
    }

    return $self;
}


sub work
{
    my ($log) = @_;

    my $parent = getppid();

    while (getppid() == $parent) {
        my $begin = time();
        my $end = clock() + WORK;

        1 while clock() < $end;

        syswrite($log, int((time() - $begin) * 1000) . "\n");
        sleep(PAUSE);
    }
}


# What some of it in a row took at worst, ms.

sub stop
{
    my ($self) = @_;

    return if !$self->{pid};

    kill('TERM', $self->{pid});
    waitpid(delete $self->{pid}, 0);

    open(my $log, '<', $self->{log}) or croak("pace: $!");
    chomp(my @took = <$log>);

    return STEPS * max(0, @took);
}


sub DESTROY
{
    my ($self) = @_;

    local ($?, $@, $!);

    $self->stop() if $self->{owner} == $$;
}

1;
