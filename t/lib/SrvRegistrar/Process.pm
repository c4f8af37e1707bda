package SrvRegistrar::Process;

# A foreign server under test: started in the foreground as our child, its
# output in a file, stopped by its own pid.  What a test starts it also ends:
# the object's death ends the server, whatever the test died of.

use strict;
use warnings;

use Carp qw(croak);
use Exporter qw(import);
use IO::Socket::INET;
use POSIX ();
use Time::HiRes qw(sleep time);

our @EXPORT_OK = qw(free_port listens program time_limit wait_until);

# For what takes a moment on an idle machine.  What is waited for comes as a
# rule, so that the length costs nothing; a machine that does much else, under
# sanitizers, may stand still for seconds.
use constant PATIENCE => 60;

# The longest that a server may take to end before it is killed.
use constant STOP_TIMEOUT => 30;


sub start
{
    my ($class, %args) = @_;

    my $self = bless {
        output => $args{output},
        owner  => $$,
    }, $class;

    defined($self->{pid} = fork()) or croak("fork: $!");

    if ($self->{pid} == 0) {
        open(STDIN, '<', '/dev/null');
        open(STDOUT, '>>', $args{output});
        open(STDERR, '>&', \*STDOUT);
        exec { $args{command}[0] } @{ $args{command} } or POSIX::_exit(127);
    }

    wait_until(sub { !$self->alive() || $args{ready}->() },
               $args{timeout})
        && $self->alive()
        or croak("$args{command}[0] did not start:\n" . $self->output());

    return $self;
}


sub alive
{
    my ($self) = @_;

    if ($self->{pid} && waitpid($self->{pid}, POSIX::WNOHANG()) != 0) {
        delete $self->{pid};
    }

    return defined($self->{pid});
}


sub stop
{
    my ($self) = @_;

    return if !$self->alive();

    kill('TERM', $self->{pid});

    if (!wait_until(sub { !$self->alive() }, STOP_TIMEOUT)) {
        kill('KILL', $self->{pid});
        waitpid($self->{pid}, 0);
        delete $self->{pid};
    }
}


sub output
{
    my ($self) = @_;

    open(my $file, '<', $self->{output}) or return '';
    local $/;

    return scalar(<$file>);
}


# A fork of the test (Test::More's own, a client's) must not end the server.

sub DESTROY
{
    my ($self) = @_;

    local ($?, $@, $!);

    $self->stop() if $self->{owner} == $$;
}


# True once the condition is.  A time is given only where it matters: where
# nothing is to happen meanwhile, or nothing later counts.

sub wait_until
{
    my ($condition, $timeout) = @_;

    my $deadline = time() + ($timeout // PATIENCE);

    until (my $reached = $condition->()) {
        return $reached if time() > $deadline;
        sleep(0.05);
    }

    return 1;
}


# However long a test takes it ends, since prove would wait for ever; and it
# ends by END, since servers would outlive it.  Who is called again may give it
# more time, not less.

sub time_limit
{
    my ($seconds) = @_;

    $SIG{$_} = sub { croak("SIG$_[0] ended the test") }
        for qw(ALRM HUP INT TERM);

    my $left = alarm(0);

    alarm($left > $seconds ? $left : $seconds);
}


sub listens
{
    my ($address, $port) = @_;

    return defined(IO::Socket::INET->new(PeerAddr => $address,
                                         PeerPort => $port));
}


# A port that nobody has just now, for TCP and for UDP.  It lies below those
# that the kernel gives to clients: until a server binds it no outgoing socket
# of a test beside this one can take it, nor does anybody get it twice.

my $next_port = 10_000 + $$ % 20_000;

sub free_port
{
    my ($address) = @_;

    for (1 .. 1000) {
        my $port = $next_port++;
        my %local = (LocalAddr => $address, LocalPort => $port);

        return $port if IO::Socket::INET->new(%local, Listen => 1)
                        && IO::Socket::INET->new(%local, Proto => 'udp');
    }

    croak("no port free for both TCP and UDP on $address: $!");
}


# Debian keeps daemons in sbin, which is not in everybody's PATH.

sub program
{
    my ($name) = @_;

    my ($found) = grep { -x } map { "$_/$name" }
        split(/:/, $ENV{PATH}), '/usr/sbin', '/usr/local/sbin';

    return $found;
}


1;
